"""Surface ``python_sync``: ``mypreferences.Client``."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import mypreferences as m

from lines import Observed, adapt, failed, how, limits, made, newest, read, result, shown, some, tokens, what


def one(client: m.Client, call: dict[str, Any], token: str, texts: list[str]) -> Observed:
    cancel = m.CancelToken()
    after = call.get("cancel_after_ms")
    if after == 0:
        cancel.cancel()
    elif after is not None:
        threading.Timer(after / 1000, cancel.cancel).start()
    try:
        if call["operation"] == "status":
            return result(client.status(token, cancel_token=cancel), texts)
        if call["operation"] == "resolve_commit":
            return result(client.resolve_commit(token, cancel_token=cancel), texts)
        if call["operation"] == "initiate":
            return shown(client.initiate(**what(call), cancel_token=cancel), texts)
        if call["operation"] == "wait":
            export = m.Export.from_json(call["export"], client)
            return result(export.wait(**limits(call), cancel_token=cancel), texts)
        if call["operation"] == "pages":
            export = m.Export.from_json(call["export"], client)
            return read(list(export.pages(**some(call), cancel_token=cancel)), texts)
        if call["operation"] == "export":
            return result(client.export(**what(call), **how(call), cancel_token=cancel), texts)
        if call["operation"] == "commit_landed":
            sealed = newest(call)
            return result(client.commit_landed(sealed, keep_files=call["keep_files"], cancel_token=cancel), texts)
        return result(client.commit(token, keep_files=call["keep_files"], cancel_token=cancel), texts)
    except m.MyPreferencesError as error:
        return failed(error, texts)


def play(plan: dict[str, Any]) -> tuple[list[list[Observed]], list[str]]:
    texts: list[str] = []
    try:
        client = made(m.Client, plan)
    except m.MyPreferencesError as error:
        return [[failed(error, texts)]], texts
    with client:
        texts.append(repr(client))
        results: list[list[Observed]] = []
        for call in plan["calls"]:
            with ThreadPoolExecutor(max_workers=64) as pool:
                results.append(list(pool.map(lambda token, call=call: one(client, call, token, texts), tokens(call))))
    return results, texts


if __name__ == "__main__":
    adapt(play)
