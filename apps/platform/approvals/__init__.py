"""Approvals: how far a role may go by itself, and who said yes when it had to go further.

Words: an act with a *cap* is declared in code beside what it bounds (`orders.refund`); a business sets for each role
the most it may do alone. A *PIN* is a member's short number; by it somebody whose own cap is wide enough approves,
at the desk of the one who asks, one act there and then.

Promises: whoever has no cap is not asked. An approval counts for one call and is never kept. Who approved what, and
for how much, is in the audit chain in the same transaction. Five wrong numbers lock a PIN for fifteen minutes, and the
count survives the refusal. Knows businesses, and nothing of what is bounded.
"""
