"""Files of a business: pictures, films and papers, and what they are attached to.

Words: a *media* row is one file on its way pending → uploaded → processing → ready or failed → deleted. It is
*attached* to records of any kind that has joined. *Derived* files are made of it: smaller pictures, a compressed
paper, its text.

Promises: bytes go straight to storage by a signed address; the server looks at what arrived before it believes the
sender. Keys hold ids, never a client's name. Nothing is shown before it was checked, scanned and processed; addresses
for reading end after a while. A file in use is not deleted, and a deleted one is gone from storage, originals and
derived alike. Who may read a record may read its files.
"""
