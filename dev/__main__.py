"""`python3 dev COMMAND`: what a developer does here; the Makefile's targets are these commands."""

import platform
import sys


def check_python():
    if not (3, 11) <= sys.version_info[:2] <= (3, 13):
        sys.exit(
            f"!! This is Python {platform.python_version()}; needed is 3.11, 3.12 or 3.13. "
            "Where one has another name here, say so: make demo PYTHON=python3.12"
        )


if __name__ == "__main__":
    check_python()  # before the imports, whose syntax an older Python may not know
    from commands import main

    sys.exit(main())
