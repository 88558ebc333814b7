"""Orders: one seller's promise to one buyer, in one currency, with snapshots of product, price and tax.

Three axes say how far it is: the *order* (placed, confirmed, closed; cancelled, expired), its *payment* and its
*fulfilment*; `states.py` has them as tables. Each right move writes a timeline entry and one event, each wrong
one is refused with the same code and sentence every time.

Promises: lines, prices and totals are frozen once money has come in (by trigger); what is recognised as sold
over all fulfilments, what was returned and what was given back sum to the order to the last cent; the money
held for goods that have not left (the *deposit*) is never negative (by CHECK) and ends at nought. Money that
comes in after an order has ended goes back by itself. This app knows payments and stock, they do not know it.
"""
