"""How programs get in: API keys, and the tokens of people who sign in without a browser.

Words: an *API key* is a principal of its own, made by a member, with permissions, locations, addresses and an end;
its *secret* is what the program sends, kept as a digest and shown once; a *token family* is one sign-in of a person:
short access tokens and the one refresh token that is good now, each refresh replacing the last.
Promises: a secret or token cannot be read back from the database; whoever leaves loses all of them in the same
transaction; a refresh token that comes twice ends its family; a key never does more than whoever made it could.
"""
