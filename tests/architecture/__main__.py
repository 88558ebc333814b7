"""`python -m tests.architecture`: print what breaks the rules; exit code 1 when anything does."""

from __future__ import annotations

import sys

from tests.architecture.house import list_broken

broken = list_broken()
print("\n".join(broken) if broken else "The rules of the house are kept.")
sys.exit(1 if broken else 0)
