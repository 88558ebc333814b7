"""What is known of a person, handed out and erased.

Words: a *person* is a customer of one business or somebody who signs in; *personal data* are the columns that the apps
declare in their `privacy.py`; to *erase* is to delete, to anonymise, or to keep because a law says so, table by table.

Promises: an export holds every row that can be found of the person, and no secrets. An erasure says before what it
will delete, anonymise and keep, refuses while an order is open or money is owed and says which, runs over all contexts
in one go, may be repeated, and is entered in the audit trail. This app knows no table by name but its own: what
there is it reads from the register of the kernel.
"""
