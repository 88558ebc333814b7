"""The back office: the frame staff work in.

Words: a *section* is a job of the day (Today, Sell, Stock, Customers, Money, Grow, Settings); a *card* is one
figure of Today; a *waiting sentence* says what waits and ends in a verb; a *verb* is a button on a detail
page that shows what will happen and then calls one service.

Promises: a page shows rows of the active business only, and what the role may not do is neither shown nor
answered. Rows are written by services alone: the admin adds, changes and deletes nothing by itself. Lists
never count all rows. Upper apps register their pages, cards, sentences and verbs; nothing here knows them.
"""
