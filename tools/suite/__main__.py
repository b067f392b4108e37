"""Entry point of ``python3 -m tools.suite``; readable by any Python 3."""

import sys

if sys.version_info < (3, 11):
    sys.exit(
        "error: Python %d.%d found, 3.11 or newer is needed.\n"
        "  what to do: install it (Debian 12: apt install python3) or name it, e.g. "
        "make PYTHON=python3.11 ..." % sys.version_info[:2]
    )

from .cli import main

if __name__ == "__main__":
    sys.exit(main())
