"""Custom fields: what a business wants to know of its records and the product did not foresee.

Words: a *kind of record* is what may have fields (products, customers, orders …; `kinds.takes_fields`); a *field* is
what is asked, with its type, limits and places (list, filter, paper, store); the *values* of a record are kept in one
row, by the field's code. A *retired* field is asked no more and keeps its values until it is deleted.

Promises: values fit their type and limits whichever door they came by; a type is not changed under values that do not
fit the new one; what must be unique is held so by the database. Storage: docs/adr/0008.
"""
