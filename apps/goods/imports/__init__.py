"""Imports: bringing a catalogue in from a file, writing it out, changing much of it at once, taking that back.

Words: an *import job* is one uploaded file with its *mapping* (which heading feeds which field), *rules* (how rows
belong together), a *preview* (a dry run that writes nothing) and a *run*; a product is *created, updated,
unchanged* or *rejected*; a *rejected row* keeps the text as it came, a *row error* names row, column and what to
do. A *batch* is what a run or a bulk edit did, kept as *changes* with before and after, so that it can be undone.

Promises: a file is read as a stream, so memory does not grow with it; a product is imported whole or
rejected whole; the same file twice changes nothing the second time, not even the audit trail; remote
pictures are remembered, never fetched. Every write goes through catalog and inventory services. See docs/imports.md.
"""
