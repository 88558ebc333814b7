"""Storefront: the pages on which strangers buy.

Words: a *face* is what every page of one store shows (name, links, tax sentence); a *card* is a product in a grid;
a *picture* is drawn by code until somebody uploads a photo; the *secret link* opens one order.

Promises: each page works without JavaScript; nothing typed is lost; what a guest may not see answers 404; no
inline script or style; a list costs the same number of queries for one and for a hundred products.

Knows catalog, inventory, checkout, orders, payments, shipping and businesses, and writes only through their
services. Nobody imports it except for its drawn pictures (`storefront.pictures`).
"""
