"""Promotions tell of goods and prices; whose use it was is a key to the customer, who is kept elsewhere."""

from apps.kernel.privacy import impersonal

impersonal(
    "promotions.promotion", "name", "kind", "customer_tags", "channels", "countries", "group",
    because="what a shop offers, and to whom by tag",
)  # fmt: skip
impersonal(
    "promotions.promotion", "products", "variants", "categories", "collections", "brands", "gift_products",
    "gift_variants", "weekdays",
    because="which goods, and on which days",
)  # fmt: skip
impersonal("promotions.promotiontest", "name", "seed", because="what a shop tries out")
impersonal(
    "promotions.testbuyer", "unit", because="a key to a cart, a sign-in or a customer, who are kept elsewhere"
)
impersonal("promotions.promotioncode", "code", because="a word that takes something off")
impersonal(
    "promotions.appliedpromotion", "owner_type", "name", "code_text", "kind", "currency", "shares",
    because="what was taken off an order",
)  # fmt: skip
