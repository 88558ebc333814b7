"""Businesses: the tenant, its places, its people and what they may do.

Words: a *business* is a merchant with currency, tax mode and time zone; a *location* is where stock lies and
sales happen; a *role* is a named set of `resource.action` permissions; a *membership* is one user in one
role of one business, perhaps only for some locations.

Promises: sign-up makes user, business, shipped roles, owner membership and a default location in one
transaction and announces `identity.business_created`. A business always keeps one active owner, the owner's
role keeps every permission, and nobody grants what he does not have. Who acts is known once a request
(`request.actor`), always for one business.
"""
