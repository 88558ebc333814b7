"""Rules of the house that import-linter cannot see. `python -m tests.architecture` prints what breaks them.

Each rule carries a good and a bad sample, so that a rule which has stopped working fails its own test.
"""
