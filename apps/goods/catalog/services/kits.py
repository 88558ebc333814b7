"""What a kit is made of. Called by the stock services, which know whether the variant has stock of its own."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from uuid import UUID

from django.utils.translation import gettext as _

from apps.goods.catalog.models import KitPart, Pack, Product, Variant
from apps.goods.catalog.services.products import lock_product
from apps.kernel import audit
from apps.kernel.actors import Actor
from apps.kernel.errors import InvalidInput, NotFound, WrongState
from apps.kernel.use_cases import use_case

MOST_PARTS = 30
MOST_OF_A_PART = 1000


@use_case(permission="products.change", audits="products.kit_set")
def set_kit_parts(actor: Actor, *, variant_id: UUID, parts: Mapping[UUID, int]) -> Variant:
    """Make a variant a kit of these parts, or change what it is made of; orders that are placed keep theirs.

    A kit holds no stock of its own, is no part of another kit, and stays a kit. Raises `InvalidInput` for no parts,
    for a part that is a kit, the variant itself or not sold any more, `NotFound` for foreign variants.
    """
    product_id = Variant.objects.filter(pk=variant_id).values_list("product_id", flat=True).first()
    if product_id is None:
        raise NotFound()
    product = lock_product(product_id)
    kit: Variant = Variant.objects.get(pk=variant_id)
    _check(kit, parts)
    found = {row.pk: row for row in Variant.objects.filter(pk__in=parts).select_related("product")}
    if len(found) != len(parts):
        raise NotFound()
    for part in found.values():
        if part.is_kit:
            message = _("“%(name)s” is a kit itself; name what is in it instead.") % {
                "name": part.product.title
            }
            raise InvalidInput(message, code="kit_in_kit", fields={"parts": [message]})
        if not part.active:
            message = _("“%(name)s” is not sold any more.") % {"name": part.product.title}
            raise InvalidInput(message, fields={"parts": [message]})
    if Pack.objects.filter(variant=kit, active=True).exists():
        raise InvalidInput(
            _("It is sold in packs, so it cannot be a kit; take its packs off first."),
            code="kit_has_no_packs",
        )
    before = dict(KitPart.objects.filter(kit=kit).values_list("part_id", "quantity"))
    if before == dict(parts) and kit.is_kit:
        return kit
    KitPart.objects.filter(kit=kit).delete()
    KitPart.objects.bulk_create(
        KitPart(kit=kit, part_id=pk, quantity=count, position=position)
        for position, (pk, count) in enumerate(parts.items(), start=1)
    )
    # Its own stock is not counted: whatever counts, receives or moves stock leaves it alone.
    kit.is_kit, kit.track_stock, kit.backorder_limit = True, False, 0
    kit.save(update_fields=["is_kit", "track_stock", "backorder_limit", "updated_at"])
    audit.record(actor, "products.kit_set", kit, before=_named(before), after=_named(dict(parts)))
    product.save(update_fields=["updated_at"])
    return kit


def check_no_part(products: Iterable[Product]) -> None:
    """Refuse to put products away of which a kit that is still sold is made, naming the kits.

    A kit that is put away together with its parts does not stand in the way.
    """
    going = {product.pk: product for product in products}
    rows = (
        KitPart.objects.filter(part__product__in=going, part__active=True, kit__active=True)
        .exclude(kit__product__status=Product.Status.ARCHIVED)
        .exclude(kit__product__in=going)
        .select_related("part", "kit__product")
        .order_by("kit__product__title", "kit_id")
    )
    found = list(rows[:MOST_PARTS])
    if not found:
        return
    title = going[found[0].part.product_id].title
    kits = list(dict.fromkeys(row.kit.product.title for row in found if row.part.product_id in going))
    raise WrongState(
        _("“%(title)s” is a part of kits that are sold: %(kits)s.")
        % {"title": title, "kits": ", ".join(kits)},
        code="needed_by_kits",
        remedy=_("Take it out of these kits, or archive the kits first."),
        kits=sorted({str(row.kit_id) for row in found}),
    )


def parts_of_sold_kits(variant_ids: Iterable[UUID]) -> set[UUID]:
    """Those of the variants that a kit needs which is still sold."""
    rows = KitPart.objects.filter(part_id__in=list(variant_ids), kit__active=True)
    return set(rows.exclude(kit__product__status=Product.Status.ARCHIVED).values_list("part_id", flat=True))


def _check(kit: Variant, parts: Mapping[UUID, int]) -> None:
    if not parts or len(parts) > MOST_PARTS:
        message = _("A kit has 1 to %(most)s different parts.") % {"most": MOST_PARTS}
        raise InvalidInput(fields={"parts": [message]})
    if kit.pk in parts:
        raise InvalidInput(code="kit_in_itself", fields={"parts": [_("A kit cannot contain itself.")]})
    for count in parts.values():
        if isinstance(count, bool) or not isinstance(count, int) or not 1 <= count <= MOST_OF_A_PART:
            message = _("Enter 1 to %(most)s pieces of each part.") % {"most": MOST_OF_A_PART}
            raise InvalidInput(fields={"parts": [message]})
    if KitPart.objects.filter(part=kit).exists():
        message = _("It is a part of a kit, so it cannot be a kit itself.")
        raise InvalidInput(message, code="kit_in_kit", fields={"parts": [message]})


def _named(parts: Mapping[UUID, int]) -> dict[str, int]:
    return {str(pk): count for pk, count in parts.items()}
