"""Functions of PostgreSQL that a search uses, and that may run before a policy has judged the row.

A policy is a barrier: a condition may look into an index only when its function is known to betray nothing about
rows the reader may not see. These neither raise nor report anything about the text they compare, but PostgreSQL has
not said so of them, and only a superuser can. Without it a search is right and reads the rows of one business from
end to end. The embedded database says it at each start; docs/runbooks/roles.md says how a real server does.
"""

from __future__ import annotations

EXTENSIONS = ("btree_gin", "pg_trgm")
_COMPARISONS = ("eq", "ne", "lt", "le", "gt", "ge")
FUNCTIONS = (
    "pg_catalog.ts_match_vq(tsvector, tsquery)",
    "pg_catalog.textlike(text, text)",
    "pg_catalog.texticlike(text, text)",
    "pg_catalog.upper(text)",
    "pg_catalog.lower(text)",
    "pg_catalog.arraycontains(anyarray, anyarray)",
    "pg_catalog.jsonb_contains(jsonb, jsonb)",
    *(f"pg_catalog.numeric_{name}(numeric, numeric)" for name in _COMPARISONS),
    "public.word_similarity_op(text, text)",
    "public.word_similarity_commutator_op(text, text)",
)


def statements() -> list[str]:
    """The SQL a superuser runs in the database; functions that are not there are passed over."""
    return [
        "DO $$ BEGIN "  # noqa: S608  (names from this file)
        f"IF to_regprocedure('{function}') IS NOT NULL AND NOT "
        f"(SELECT proleakproof FROM pg_proc WHERE oid = to_regprocedure('{function}')) THEN "
        f"ALTER FUNCTION {function} LEAKPROOF; END IF; END $$"
        for function in FUNCTIONS
    ]
