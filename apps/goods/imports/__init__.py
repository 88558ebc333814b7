"""Imports: bringing a catalogue in from a file.

Words: an *import job* is one uploaded file with its *mapping* (which heading feeds which field), a *preview*
(a dry run that writes nothing) and a *run*; a product is *created, updated, unchanged* or *rejected*; a
*rejected row* keeps the text as it came, a *row error* names row, column and what to do.

Promises: a file is read as a stream, so memory does not grow with it; a product is imported whole or
rejected whole; the same file twice changes nothing the second time, not even the audit trail; remote
pictures are remembered, never fetched. Every write goes through catalog and inventory services.
"""
