"""The tests of dev/tests: the package as others install it, what an uninstall leaves, and workers that clash or die."""

import pathlib
import sys
import unittest

from steps import step
from tally import Tally

FOLDER = pathlib.Path(__file__).resolve().parent / "tests"


def run():
    suite = unittest.defaultTestLoader.discover(str(FOLDER))
    with step("The package: build, install, uninstall; workers that clash or die", "2 to 3 min"):
        result = unittest.TextTestRunner(stream=sys.stdout, verbosity=2).run(suite)
    failed = {test.id() for test, _trace in result.failures + result.errors}
    skipped = len(result.skipped)
    return Tally(max(result.testsRun - len(failed) - skipped, 0), len(failed), skipped)
