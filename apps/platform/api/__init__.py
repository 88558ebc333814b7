"""The door for programs: what every endpoint of /api/v1/ has in common.

Words: an *identity* is a person in one business, taken from the access token, from the header `X-Business`
or from the session; a *problem* is a refusal as RFC 9457 describes it; a *cursor* is a place in a list.
Promises: every action names its permission and the test suite refuses one that does not; rows of another
business answer as if absent; everything that fails answers `application/problem+json`; lists cost the same
number of queries for one row and for a hundred; a POST with an `Idempotency-Key` happens once.
The endpoints themselves stand in each context's own `api.py`; this app knows none of them. They translate,
call one service or selector, and render. `monidesk/api.py` mounts them.
"""
