"""Sandbox Pay: a pretend payment company that behaves like a real one. No money moves.

It stands alone: nobody imports it and it imports only the kernel; shops talk to it over HTTP and it tells
them over HTTP. Words: a *session* is one payment page of one shop; an *event* is a signed message to the
shop.

Promises: a session or refund asked for twice under one reference is made once; messages are signed by
Standard Webhooks and sent again, byte for byte the same, until the shop takes them; trouble comes on demand:
declined, slow, told three times, forged, never told. Its pages say at first sight that this is a test.
"""
