"""Inventory: how many there are, where, what they cost and who was promised them.

Words: a *movement* is one fact in the append-only stock ledger; a *balance* is the running sum of the
movements of one variant at one location (`on_hand`, `reserved`, `value`), `available = on_hand - reserved`;
a *reservation* is a promise to an owner (an order line) until a deadline; *value* is the moving weighted
average cost of what lies there.

Promises: the database itself adds movements to balances, refuses to edit either by hand, and refuses a
balance that promises more than there is (plus the backorder cap). Services lock balances once, in primary
key order, decide on what they read after locking, and use the same number of queries for any number of
lines. Owners are (type, id) references: inventory knows no orders.
"""
