"""Returns and exchanges: what a buyer sends back, from her wish to the money. See docs/returns.md.

Words: a *return* is asked for, approved or refused, received in parts and settled; each line says how many pieces and
why; what arrives is *sellable* (back on the shelf at its cost), *damaged* (paid back, not on the shelf) or *missing*
(not paid back). Settling is a refund of the order like any other: money, store credit, or credit that pays the order of
an exchange.

Promises: nobody sends back more pieces than left; no piece is paid back twice; every sum is worked out by the order's
own refunds, never here.
"""
