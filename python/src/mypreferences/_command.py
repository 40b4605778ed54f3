"""The command ``mypreferences``, installed with the package: the same program as the native one, and
``load``, which needs Python's drivers of databases."""

from __future__ import annotations

import os
import signal
import sys

from mypreferences import _native


def main() -> None:
    """Entry point of the console script."""
    if sys.argv[1:2] == ["load"]:
        from mypreferences import _load_command

        sys.exit(_load_command.main(sys.argv[2:]))
    # The command listens to signals by itself; Python's handler would only note them.
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    code = _native.run_cli(["mypreferences", *sys.argv[1:]])
    # Its handlers stay in the process, so it ends here.
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)
