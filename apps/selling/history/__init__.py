"""History: what a business sold before it came here, and sales of all times in one report.

Words: a *past order* is an invoice of another system with its *lines*; a line is goods, delivery, a discount, a fee …
(its *kind*); a *return* is matched to the lines it takes back. A *part* is what one transaction brought in of one
day. What a part comes to is told to the books, one *posting* for each kind.

Promises: every row of a file is accounted for by a reason, and the amounts by reason add up to the file; the same file
again changes nothing; nothing here touches stock, sends a mail or asks for money; a whole file can be taken back. The
report of sales shows history beside live orders. See docs/history.md.
"""
