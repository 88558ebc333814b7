"""Promotions: what a basket is worth less, by itself or with a code, and why. See docs/promotions.md.

Words: a *promotion* is a rule with a kind, goods, conditions and limits; a *code* lets it apply; a *verdict* is what
came of one promotion for one basket, an amount with a share for each line or the reason why not; a *use* is taken by
an order.

Promises: the same basket at the same moment gets the same discounts, in whatever order things were put into it; no
line goes below nought, and shares sum to the discount to the last minor unit; the last use of a limited promotion goes
once; a code that does not work is a warning, never an error; a business without promotions pays no statement.

`applying.apply` is what carts and quotes ask; an order calls `services.consume_uses`, and `release_uses` when it ends.
"""
