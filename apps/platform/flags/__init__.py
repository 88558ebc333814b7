"""Flags: what of the product is switched on, for everybody, for a part of the businesses, or for one.

Words: a *flag* is declared in code beside what it switches, with its owner and the day by which it must be gone. Its
*rollout* is the share of businesses for which it is on; a *choice* is what was decided for one business.

Promises: an unknown name is an error and never "off". A business stays on the same side while the rollout
grows. All flags cost one query a request. Every switch is in the audit trail. Knows the kernel alone.
"""
