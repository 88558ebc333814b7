"""Ledger: the double-entry journal of one business.

Words: an *account* is a place where value stands; an *entry* is one balanced fact with a source; a *line* is
one account's debit or credit in an entry; a *reversal* is a new entry that takes an old one back and names
it. A *control account* (inventory, customer deposits) repeats what stock and orders say, so nobody posts to
it by hand.

Promises: every entry balances and has at least two lines; nothing posted is ever changed or deleted; one
source is posted once; numbers have no gaps; amounts stand at the minor unit of the business's currency. The
database holds each of these by itself. Entries follow events of selling and stock; `verify_books` proves
that they agree.
"""
