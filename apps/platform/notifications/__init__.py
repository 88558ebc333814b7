"""Messages the product sends to people.

Words: a *message* is one e-mail, SMS or WhatsApp to one address, worded when it is queued, so that what was said
never changes afterwards. A *dedupe key* names the reason it is sent; the same reason is never told twice. A *provider*
is the company that carries it. A *wording* is a business's own text for an *event*.

Promises: queueing stores a message in the caller's transaction and never touches the network. `send_due_messages`
claims a message, sends it outside any transaction, then records what happened; a worker killed in between is noticed
and the message is tried again, with growing pauses, until it is given up and shown to the business with its cause.
Nothing goes to an address that is stopped. Knows nobody above: no users, no orders.
"""
