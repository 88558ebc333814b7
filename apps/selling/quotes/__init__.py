"""Quotes: orders that staff write as drafts, send as an offer with a pay link, and that become orders.

Words: a *draft* is priced as of now, by the same functions as the checkout, and touches no stock; *sent*, its prices
are agreed and hold until `valid_until`; the *pay link* opens it without a sign-in; *placed*, it is an order like any
other.

Promises: a quote becomes one order, however often it is accepted; placing reserves stock or is refused in words, by
the one way into orders (`place_drafts`); what the buyer saw is what she pays, to the cent, or she is asked again.
"""
