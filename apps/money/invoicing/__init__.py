"""Invoicing: the papers that prove a sale: receipt, invoice, credit note.

Words: a *document* is a numbered paper of one kind about one order; its *snapshot* holds every word and
amount on it as they were when it was issued; its *rendering* is the PDF made of the snapshot.

Promises: numbers have no gaps within a kind; one document stands for one fact (a capture, a parcel, a refund
of goods that had left); nothing on an issued document ever changes, a mistake is credited; the PDF is made
once, stored, and is the same to the last byte at every download.
"""
