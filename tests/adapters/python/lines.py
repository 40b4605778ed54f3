"""What the adapters of Python share: plans in, observations out, and a log to be searched for secrets."""

from __future__ import annotations

import copy
import io
import json
import logging
import pickle
import sys
import traceback
from collections.abc import Callable
from datetime import timedelta
from typing import Any, TypeVar

import mypreferences as m

Observed = dict[str, str]
Made = TypeVar("Made", m.Client, m.AsyncClient)
Play = Callable[[dict[str, Any]], tuple[list[list[Observed]], list[str]]]


def made(kind: type[Made], plan: dict[str, Any]) -> Made:
    """The plan's client."""
    configuration = plan.get("configuration")
    if configuration is None:
        return kind(**arguments(plan))
    return kind.from_env(profile=configuration["profile"], environ=configuration["variables"], **plan["settings"])


def arguments(plan: dict[str, Any]) -> dict[str, Any]:
    """The client's arguments: settings as the text that they are in the plan."""
    ((sort, value),) = plan["credentials"].items()
    if sort == "hmac":
        credentials = m.Credentials.hmac(value["user_id"], value["secret"])
    elif sort == "oauth":
        credentials = m.Credentials.oauth(**value)
    elif sort == "bearer":
        credentials = m.Credentials.bearer(value)
    else:
        credentials = m.Credentials.verbatim(value)
    settings = {name: value for name, value in plan["settings"].items() if name != "client_id"}
    return {"client_id": plan["client_id"], "base_url": plan["base_url"], "credentials": credentials, **settings}


def tokens(call: dict[str, Any]) -> list[str]:
    """The calls that run at once: one token each."""
    concurrent = call.get("concurrent")
    if concurrent is None:
        return [call.get("access_token", "")]
    step = 1 if concurrent.get("consecutive_tokens") else 0
    return [str(int(call["access_token"]) + n * step) for n in range(concurrent["n"])]


def failed(error: m.MyPreferencesError, texts: list[str]) -> Observed:
    """An error, through every form that it has; pickled and copied, it must say the same."""
    texts += [str(error), repr(error), "".join(traceback.format_exception(error)), repr(pickle.dumps(error))]
    for twin in (pickle.loads(pickle.dumps(error)), copy.deepcopy(error)):
        assert type(twin) is type(error) and twin.to_json() == error.to_json() and str(twin) == str(error)
    return {"type": "error", "record": error.to_json()}


def what(call: dict[str, Any]) -> dict[str, Any]:
    """What to export, as keyword arguments."""
    kind = call.get("kind") or "segment"
    subject = {"cids": call.get("cids", [])} if kind == "cid" else {kind: call.get("name") or ""}
    names = ("last_date_time", "match_criteria", "match_type", "values", "callback_url", "start_date", "end_date")
    return {**subject, **{name: call[name] for name in (*names, "channels") if call.get(name) is not None}}


def how(call: dict[str, Any]) -> dict[str, Any]:
    """How to land it, as keyword arguments."""
    names = ("out", "commit", "keep_files", "since", "overlap", "compression", "format", "limit")
    names += ("max_memory", "part_bytes")
    return {**{name: call[name] for name in names if call.get(name) is not None}, **limits(call), "progress": None}


def limits(call: dict[str, Any]) -> dict[str, Any]:
    """How long to wait."""
    wait = call.get("max_wait_ms")
    return {} if wait is None else {"max_wait": timedelta(milliseconds=wait)}


def some(call: dict[str, Any]) -> dict[str, Any]:
    """Which pages."""
    expect = m.Expect(call.get("expect_total"), call.get("expect_first"), call.get("expect_last"))
    given = {name: call[name] for name in ("limit", "offset", "until") if call.get(name) is not None}
    return given if expect == m.Expect() else {**given, "expect": expect}


def loaded(call: dict[str, Any]) -> dict[str, Any]:
    """What a destination holds."""
    return {name: call[name] for name in ("rows", "keep_files", "sink", "files") if call.get(name) is not None}


def newest(call: dict[str, Any]) -> m.Sealed | m.Folder:
    """The newest sealed batch of a folder; the folder, which is none, where it has none."""
    folder = m.Folder(call["out"])
    sealed = folder.sealed()
    return sealed[-1] if sealed else folder


def shown(export: m.Export | m.AsyncExport, texts: list[str]) -> Observed:
    """A handle; in its plain forms it must not show its token."""
    texts.append(repr(export))
    try:
        texts.append(repr(pickle.dumps(export)))
    except TypeError as error:
        texts.append(str(error))
    return {"type": "export", "record": export.to_json_with_token()}


def read(pages: list[m.Page], texts: list[str]) -> Observed:
    """What was read: each page with its counts, other members and lines."""
    texts.append(repr(pages))
    record = [
        {
            "count": page.count,
            "has_more": page.has_more,
            "offset": page.offset,
            "others": [[name, value.decode()] for name, value in page.others()],
            "records": [line.decode() for line in page.lines()],
            "total_results": page.total_results,
        }
        for page in pages
    ]
    return {"type": "pages", "record": json.dumps(record, ensure_ascii=False, separators=(",", ":"))}


def result(
    value: m.CommitReceipt | m.Resolution | m.ExportStatus | m.Landed | m.BatchReceipt, texts: list[str]
) -> Observed:
    """A value, by its sort."""
    texts.append(repr(value))
    if isinstance(value, m.Landed):
        return {"type": "landed", "record": value.to_json()}
    texts.append(repr(pickle.dumps(value)))
    assert pickle.loads(pickle.dumps(value)) == value
    if isinstance(value, m.BatchReceipt):
        return {"type": "batch_receipt", "record": value.to_json()}
    if isinstance(value, m.CommitReceipt):
        return {"type": "receipt", "record": value.to_json()}
    if isinstance(value, m.Resolution):
        return {"type": "resolution", "record": value.to_json()}
    return {"type": "status", "record": value.to_json()}


def adapt(play: Play) -> None:
    """Plays every plan on standard input."""
    log = io.StringIO()
    logging.basicConfig(stream=log, level=logging.DEBUG)
    for line in sys.stdin:
        plan = json.loads(line)
        results, texts = play(plan)
        texts.append(log.getvalue())
        log.seek(0)
        log.truncate()
        print(json.dumps({"case": plan["case"], "results": results, "texts": texts}), flush=True)
