"""`python -m tests.mutations [pytest options]`: take each safeguard out and see that its tests fail."""

from __future__ import annotations

import os
import sys

import django
import pytest

OPTIONS = ["-n0", "-q", "-m", "", "-p", "tests.mutations.plugin", "-p", "no:warnings"]

if __name__ == "__main__":
    # The settings ask for this while they are read; pytest itself sets it only later.
    os.environ["PYTEST_VERSION"] = pytest.__version__
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "monidesk.settings")
    django.setup()
    from .guards import GUARDS

    tests = [test for guard in GUARDS for test in guard.noticed_by]
    sys.exit(pytest.main([*OPTIONS, *sys.argv[1:], *tests]))
