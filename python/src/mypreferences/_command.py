"""The command ``mypreferences``, installed with the package: the same program as the native one."""

from __future__ import annotations

import os
import signal
import sys

from mypreferences import _native


def main() -> None:
    """Entry point of the console script."""
    # The command listens to signals by itself; Python's handler would only note them.
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    code = _native.run_cli(["mypreferences", *sys.argv[1:]])
    # Its handlers stay in the process, so it ends here.
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)
