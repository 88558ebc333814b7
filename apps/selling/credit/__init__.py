"""Gift cards and store credit: what the business owes to whoever holds a card, or to a customer. See docs/credit.md.

Words: an *account* is one card, or the credit of one customer; an *entry* is one change of it and is never changed; the
*code* is the secret by which a card is spent, shown once and kept as a fingerprint with its last four characters.

Promises: the balance is kept by the database out of the entries and is never below zero; money that was spent on an
order comes back to the card it came from; what a card loses by its date goes into the books as income on that day; the
sum of all balances is the liability in the books, to the cent.

This context knows no orders: it takes an owner reference (`order`, id), as payments do.
"""
