"""Payouts: what a payment company paid out, with what it kept, set against what we know came in and went back.

Words: a *payout line* is a row of the company's own file: a capture, a refund, a fee, a dispute or a payout. A line is
*matched* when it is a capture or refund of ours with its amount; what is not waits until a person *settles* it.

Promises: each line counts once, however often its file comes; fees, payouts and disputes reach the books to the cent;
a file can be taken back. See docs/payments.md.
"""
