"""Purchasing: who we buy from, what was ordered at which cost, what came, and what should be ordered next.

Words: a *supplier* sells to the business in a currency of its own; a *supplier's item* is a variant as the supplier
sells it (its SKU, cost, pack); a *purchase order* is what was asked for, in *versions* that are kept as they were
approved; a *receipt* is one delivery against an order; *landed cost* is freight, duty and insurance, spread over what
came; *incoming* is what was sent for and has not come yet.

Promises: an amount over the business's limit is approved by who may approve any; no more is accepted than the order's
line and the tolerance allow, whoever receives at once; the parts of a delivery's value add up to the cent, in the
business's currency, however often it comes in parts. Receipts go through inventory's `receive_stock`, and the books
follow its event: purchasing posts nothing itself.
"""
