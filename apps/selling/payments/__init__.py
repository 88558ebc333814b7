"""Money asked for and moved through payment companies, against an owner that this context does not know.

Words: a *payment* asks for one amount for one owner (an order, by type and id); an *attempt* is one try of
the payer at the company's page; a *capture* is money that came; a *refund* is money on its way back; a
*receipt* is one signed message of the company; a *discrepancy* is what does not fit and waits for a person.

Promises: no lock is held while a company is called; every call is attempt, call, record, keyed by our own id,
so a retry never doubles; each message counts once, in any order; money that came late is still recorded and
told; nothing that does not fit is dropped. The state of a payment is computed from the facts, never set by
hand.
"""
