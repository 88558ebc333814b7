"""Secrets of a business: what a payment company, a mail service or a warehouse gave it to prove who it is.

Words: a *secret* has a name such as `payments.sandbox.webhook_secret` and numbered *versions*; the newest is
current, an older one may be accepted for a while. A *key* encrypts; keys have versions too, come from the
environment (`VAULT_KEYS`), and the first one named encrypts what is saved from now on.

Promises: the database never holds a secret in the clear, and a row moved to another business, name or version
cannot be opened. After saving nobody is shown a secret again: the last four characters and the date are all.
Each write, and each day's first use by somebody for some purpose, is in the audit trail. A wrong key or a
changed row is an error that names the record and shows nothing of it. Knows the kernel alone.
"""
