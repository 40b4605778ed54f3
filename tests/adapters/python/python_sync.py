"""Surface ``python_sync``: ``mypreferences.Client``."""

from __future__ import annotations

import json
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import mypreferences as m

from lines import Observed, adapt, failed, how, limits, loaded, made, newest, read, result, shown, some, tokens, what


def handle(client: m.Client, call: dict[str, Any]) -> m.Export:
    """The export of a wait, of pages and of what was loaded."""
    export = m.Export.from_json(call["export"], client)
    return client.unwrap(client.wrap(export)) if call.get("wrapped") else export


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
            export = handle(client, call)
            return result(export.wait(**limits(call), cancel_token=cancel), texts)
        if call["operation"] == "pages":
            export = handle(client, call)
            return read(list(export.pages(**some(call), cancel_token=cancel)), texts)
        if call["operation"] == "export":
            return result(client.export(**what(call), **how(call), cancel_token=cancel), texts)
        if call["operation"] == "commit_landed":
            sealed = newest(call)
            return result(client.commit_landed(sealed, keep_files=call["keep_files"], cancel_token=cancel), texts)
        if call["operation"] == "commit_loaded":
            export = client.wrap(handle(client, call)) if call.get("wrapped") else handle(client, call)
            return result(client.commit_loaded(export, **loaded(call), cancel_token=cancel), texts)
        if call["operation"] == "boundaries":
            pairs = handle(client, call).boundaries(call["places"], cancel_token=cancel)
            return {"type": "boundaries", "record": json.dumps(pairs, separators=(",", ":"))}
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
