"""Catalog: what a business describes and offers.

Words: a *product* is what is described; a *variant* is what is sold, stocked and priced (its SKU). A
product without options has one variant. *Options* ("Size", "Colour") name the axes, a variant holds one
value for each. A *category* is a branch of the business's own tree. *Status* says where the product
stands in its life (draft, active, archived), *published* whether the store shows it. A *brand* is who makes a
product, a *collection* a page of products chosen by hand or by *rules*; a *former address* leads to the present one.

Promises: every write goes through `services`; descriptions are sanitised there, so a template may print
them; the price range, the search text and the cover picture of a product are kept with it, so a list page
reads one row a product; slugs and SKUs are unique within a business. The catalog knows no stock.
"""
