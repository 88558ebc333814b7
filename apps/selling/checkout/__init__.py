"""Checkout: from the first piece in a cart to placed orders.

A *cart* holds what a visitor wants, in one *group* per seller; a guest is known by a signed cookie, a signed-in
buyer by the user. A *quote* says what the cart would cost now, for fifteen minutes, and never touches stock. A
*checkout* is what one buyer submitted at once: one order per group under one checkout id.

Promises: the server prices, the client only says what is wanted; a cart becomes orders at most once, however
often and from however many windows it is submitted, and everybody who submits it gets the same checkout;
a price or an availability that changed since the quote is shown and agreed to before anything is placed;
a refusal keeps the cart and everything that was typed.
"""
