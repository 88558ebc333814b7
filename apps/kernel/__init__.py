"""The kernel: what every context needs and no business knows.

Money with one rounding rule, a clock that can be moved, UUIDv7 ids, one hierarchy of errors, actors and
permissions, tenants that fail closed, and the one write path: a `use_case` opens the only transaction, claims
the idempotency key, holds the lock order, and writes audit entries and events together with the work.

Words: a *use case* is one write; an *event* is a fact told upwards; a *delivery* is that fact on its way to one
subscriber; the *chain* is the audit trail nobody can edit; a *series* numbers documents without gaps.
Promise: what a service acknowledged is in the database whole, or not at all.
"""
