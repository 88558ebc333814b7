"""Garments: what makes goods clothes.

Words: a *scale* is sizes in their order; a *colour* of the library has a hex code; a *style* is the number a design is
known by, a *season* half a year of a collection. A *garment* is what is known of one product besides the catalogue:
its style, season, scale, size chart, *composition* (materials of each part, a hundred percent together), *care* and
*points of measure* with tolerances. The *matrix* is a product's variants as sizes × colours.

Promises: nothing here moves stock or orders goods itself: the matrix calls the services of catalog, inventory and
purchasing. A page of the store reads all of it within the product's own query.
"""
