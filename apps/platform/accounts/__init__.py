"""People who can sign in.

Words: a *user* is one person with one e-mail address; what the person may do is never kept here but in the
memberships of businesses. A user without any membership can sign in and sees no back office.

Promises: e-mail addresses are unique without regard to case (stored in lower case, held by a CHECK);
passwords are hashed with argon2; a suspended user cannot sign in. Sign-in, sign-out, password reset and
e-mail confirmation are allauth's, at /accounts/. Knows no business.
"""
