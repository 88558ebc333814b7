"""The audit trail as people use it: reading, taking it away, keeping it for years.

Words: the *trail* is the audit chain of a business (the kernel writes and seals it); an *archive* is a signed file that
holds the oldest part of a chain; the *cut* takes what is archived out of the live chain; the *seam* is where an archive
ends and the next, or the live chain, begins.

Promises: what is read, by page, by API or as a file, is the reader's own business's; whoever takes the trail away as a
file is entered in it. Nothing leaves the live chain before its archive was written, signed and read back, and never
before the legal minimum. `manage.py verify_audit` checks the live chains, the archives and the seams, and names what is
broken. Archives cannot be changed without being noticed, also by who can write to the store.
"""
