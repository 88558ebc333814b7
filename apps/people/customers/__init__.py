"""Customers: the people who buy from one business.

A *customer* is a person known to one business by an e-mail address or a phone number. She may have a sign-in
(`user`) or none; she is never a member of staff. The same person at two businesses is two customers.
An *address* is where something was or may be delivered; orders keep their own snapshot of it, so editing a
customer never changes an order.

Promises: an e-mail address belongs to at most one customer of a business, whatever its capitals; recording a
buyer twice gives the same customer, also when two orders are placed in the same instant; consent to marketing
is never switched on by placing an order without asking.
"""
