"""What delivery costs, and where to.

Words: a *rate* is one way of delivery with a price, the countries it serves (none named: everywhere) and, if
the business wants, a sum from which it is free; an *offer* is a rate applied to one destination and one cart.

Promises: the offers for a cart are one query; every new business has two sensible rates before its first
visitor; a rate that orders were placed with is never deleted, only taken out of use.
"""
