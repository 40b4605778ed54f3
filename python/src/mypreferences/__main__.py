"""``python -m mypreferences``: the command."""

from mypreferences._command import main

main()
