"""Safeguards taken out one at a time, to see that a named test notices each.

A test that cannot fail proves nothing. `guards.py` lists each safeguard, how it is taken out, and the tests that must
fail without it; `python -m tests.mutations` runs those tests so, and `docs/mutations.md` is its table.
"""
