"""Surface ``python_async``: ``mypreferences.AsyncClient``."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import mypreferences as m

from lines import Observed, adapt, failed, how, limits, loaded, made, newest, read, result, shown, some, tokens, what


def handle(client: m.AsyncClient, call: dict[str, Any]) -> m.AsyncExport:
    """The export of a wait, of pages and of what was loaded."""
    export = m.AsyncExport.from_json(call["export"], client)
    return client.unwrap(client.wrap(export)) if call.get("wrapped") else export


async def one(client: m.AsyncClient, call: dict[str, Any], token: str, texts: list[str]) -> Observed:
    cancel = m.CancelToken()
    after = call.get("cancel_after_ms")
    if after == 0:
        cancel.cancel()
    elif after is not None:
        asyncio.get_running_loop().call_later(after / 1000, cancel.cancel)
    try:
        if call["operation"] == "status":
            return result(await client.status(token, cancel_token=cancel), texts)
        if call["operation"] == "resolve_commit":
            return result(await client.resolve_commit(token, cancel_token=cancel), texts)
        if call["operation"] == "initiate":
            return shown(await client.initiate(**what(call), cancel_token=cancel), texts)
        if call["operation"] == "wait":
            export = handle(client, call)
            return result(await export.wait(**limits(call), cancel_token=cancel), texts)
        if call["operation"] == "pages":
            export = handle(client, call)
            return read([page async for page in export.pages(**some(call), cancel_token=cancel)], texts)
        if call["operation"] == "export":
            return result(await client.export(**what(call), **how(call), cancel_token=cancel), texts)
        if call["operation"] == "commit_landed":
            sealed = newest(call)
            return result(await client.commit_landed(sealed, keep_files=call["keep_files"], cancel_token=cancel), texts)
        if call["operation"] == "commit_loaded":
            export = client.wrap(handle(client, call)) if call.get("wrapped") else handle(client, call)
            return result(await client.commit_loaded(export, **loaded(call), cancel_token=cancel), texts)
        if call["operation"] == "boundaries":
            pairs = await handle(client, call).boundaries(call["places"], cancel_token=cancel)
            return {"type": "boundaries", "record": json.dumps(pairs, separators=(",", ":"))}
        return result(await client.commit(token, keep_files=call["keep_files"], cancel_token=cancel), texts)
    except m.MyPreferencesError as error:
        return failed(error, texts)


async def play(plan: dict[str, Any]) -> tuple[list[list[Observed]], list[str]]:
    texts: list[str] = []
    try:
        client = made(m.AsyncClient, plan)
    except m.MyPreferencesError as error:
        return [[failed(error, texts)]], texts
    async with client:
        texts.append(repr(client))
        results = [
            list(await asyncio.gather(*(one(client, call, token, texts) for token in tokens(call))))
            for call in plan["calls"]
        ]
    return results, texts


if __name__ == "__main__":
    adapt(lambda plan: asyncio.run(play(plan)))
