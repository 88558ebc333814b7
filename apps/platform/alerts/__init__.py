"""Alerts: what members of a business should know, at the bell in the back office.

Words: an *alert* is one sentence for one member about one thing, with a link to it; a *kind* is what it is about
("an order is paid"), declared by the app it happens in with the permission one needs to be told. A *preference*
is what a member wants of a kind: at the bell, by e-mail, or not at all.

Promises: `notify_members` writes in the caller's transaction and tells nobody twice for the same reason; nobody is
told of a row that his role or his reach hides. Read alerts are dropped after thirty days.
"""
