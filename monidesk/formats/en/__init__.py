"""English: one form that nobody can misread, since 11/12 is two different days on the two sides of an ocean."""
