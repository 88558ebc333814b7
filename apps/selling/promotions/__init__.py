"""Promotions: what a basket is worth less, by itself or with a code, and why. See docs/promotions.md.

`applying.apply` is what carts and quotes ask; an order calls `services.consume_uses`, and `release_uses` when it ends.
"""
