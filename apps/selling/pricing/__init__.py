"""What things cost: pure arithmetic, no database, no clock.

Words: a *price line* is what is asked for (quantity, unit price, tax rate, discount); a *priced line* is the
answer (subtotal, discount, net, tax, gross); *totals* are the answer for a whole cart or order.

Promises: the lines and the delivery always sum to the total, to the last minor unit; an order discount is
spread over the lines by largest remainder; prices that include tax and prices that do not go through the same
function; rounding is half up, per line or once per document and tax rate, as the business declares. Whatever
cannot be a price or a quantity (negative, none, absurd, NaN) is refused before anything is computed. See
docs/pricing.md.
"""
