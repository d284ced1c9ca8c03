"""`python3 dev COMMAND`: what a developer does here; the Makefile's targets are these commands."""

import sys

OLDEST, NEWEST = (3, 11), (3, 13)


def check_python():
    if not OLDEST <= sys.version_info[:2] <= NEWEST:
        sys.exit(
            "!! This is Python {}.{}; needed is Python {}.{} to {}.{}. Where one is installed "
            "under another name, say so: make demo PYTHON=python3.12".format(*sys.version_info[:2], *OLDEST, *NEWEST)
        )


if __name__ == "__main__":
    check_python()  # before the imports, whose syntax an older Python may not know
    from commands import main

    sys.exit(main())
