"""Warehouse: the papers that move stock between shelves and prove what lies on them.

Words: a *transfer* carries units from one location to another; what was sent lies *on the way* until it arrives, is
damaged or is missing. A *count* is a session in which people say what they found at a location; a *line* of it
compares that with what the ledger said at the moment of counting; its *variance* is posted as one adjustment.

Promises: value travels with the goods to the cent; nothing arrives twice or more than was sent; a scan counts
once; sales during a count do not make false variances. Every movement is made by the services of inventory.
"""
