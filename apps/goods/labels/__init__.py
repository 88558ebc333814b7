"""Labels: shelf and barcode labels on sheets and rolls, as a PDF whose bars are lines and never pixels.

A *symbol* is what a scanner reads (Code 128, EAN and UPC, QR, GS1 DataMatrix), the *paper* is one label of a roll or so
many on a sheet. What the symbol says is the item's barcode, or its SKU where it has none. Nothing is stored: the same
items and the same paper give the same labels.

Promises: a symbol whose check digit is wrong or that a scanner could not read at its size is refused, naming the item,
never printed.
"""
