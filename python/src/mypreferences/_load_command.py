"""``mypreferences load``: the command of :mod:`mypreferences.load`, with the exit codes and JSON of the others."""

from __future__ import annotations

import argparse
import json
import os
import signal
import sys
from typing import Any, NoReturn

from mypreferences import _calls, _native
from mypreferences._errors import MyPreferencesError, refused

_STAGES = {"initiate": "starting the export", "wait": "waiting until it is ready", "commit": "committing"}


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        raise refused("invalid_argument", "export", message, "see mypreferences load --help")


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(
        prog="mypreferences load",
        description="Load an export into a table, by key, and commit it when the rows are committed there. The same "
        "command continues whatever stopped it.",
        epilog="Credentials and settings come from MYPREFERENCES_ variables or a profile, as in the other commands. "
        "A password rather stands in PGPASSFILE than in the URI.",
    )
    parser.add_argument("database", metavar="URI", help="postgresql://user@host/name, or the file of a DuckDB database")
    what = parser.add_argument_group("what to export").add_mutually_exclusive_group(required=True)
    what.add_argument("--segment", metavar="NAME")
    what.add_argument("--segment-group", metavar="NAME")
    parser.add_argument("--table", required=True, help="the table, which is made if it is not there")
    parser.add_argument("--key", action="append", help="the column by which rows are the same [default: ProfileId]")
    parser.add_argument("--keep-files", required=True, choices=["true", "false"])
    parser.add_argument("--since", metavar="TIME|auto", help="only what changed since; auto: since the newest load")
    parser.add_argument("--overlap", metavar="TIME", help="with --since auto: how far to go back [default: 5m]")
    parser.add_argument("--json", action="store_true", help="one object on standard output")
    for name in ("profile", "client-id", "base-url", "environment", "handle-key-file"):
        parser.add_argument(f"--{name}")
    return parser


def _run(arguments: list[str]) -> tuple[bool, Any]:
    told = _parser().parse_args(arguments)
    from mypreferences._client import Client
    from mypreferences.load import duckdb, postgres

    names = ("client_id", "base_url", "environment", "handle_key_file")
    settings = {name: getattr(told, name) for name in names if getattr(told, name) is not None}
    is_postgres = told.database.startswith(("postgresql:", "postgres:"))
    made = postgres(told.database) if is_postgres else duckdb(told.database.removeprefix("duckdb:"))
    overlap = None if told.overlap is None else _calls.raising(_native.duration, "--overlap", told.overlap)
    cancel = _native.CancelToken()

    def stop(number: int, _frame: object) -> None:
        if cancel.is_cancelled():
            os._exit(128 + number)
        print("stopping; the same command continues; stop again to leave at once", file=sys.stderr, flush=True)
        cancel.cancel()

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, stop)
    stages: list[str] = []

    def tell(stage: str, _rows: int) -> None:
        if stage in _STAGES and stages[-1:] != [stage]:
            stages.append(stage)
            print(_STAGES[stage], file=sys.stderr, flush=True)

    what = {"segment": told.segment} if told.segment else {"segment_group": told.segment_group}
    with Client.from_env(profile=told.profile, **settings) as client:
        loaded = made.load(
            client,
            table=told.table,
            key=told.key or ["ProfileId"],
            keep_files=told.keep_files == "true",
            since=told.since,
            overlap=overlap,
            progress=tell,
            cancel_token=cancel,
            **what,
        )
    return told.json, loaded


def main(arguments: list[str]) -> int:
    """Runs the command; its exit code."""
    try:
        as_json, loaded = _run(arguments)
    except ImportError as error:
        extra = "duckdb" if "duckdb" in str(error) else "postgres"
        missing = f"the package has no driver for this database: {error}"
        return _failed(refused("configuration", "export", missing, f"pip install 'mypreferences[{extra}]'"), arguments)
    except MyPreferencesError as error:
        return _failed(error, arguments)
    if as_json:
        print(loaded.to_json())
    else:
        done = "loaded" if loaded.is_new else "loaded before, nothing was sent"
        print(f"{done}: {loaded.table}, {loaded.rows:,} rows; {loaded.receipt.end.value}")
    return 0


def _failed(error: MyPreferencesError, arguments: list[str]) -> int:
    if "--json" in arguments:
        print(json.dumps({"error": json.loads(error.to_json())}, ensure_ascii=False))
    print(f"error: {error}", file=sys.stderr)
    return _native.exit_code(error.number, error.commit_state == "unknown")
