"""The page of one product."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4

from django.http import HttpResponse, HttpResponsePermanentRedirect, QueryDict
from django.utils.html import strip_tags
from django.utils.safestring import mark_safe
from django.utils.text import Truncator
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from apps.goods.catalog.amounts import QuantityRule, rule_of
from apps.goods.catalog.models import FormerAddress, Product, Variant
from apps.goods.catalog.packs import shown_price
from apps.goods.catalog.previews import get_preview
from apps.goods.catalog.selectors import (
    ProductPage,
    find_present_address,
    get_published_product,
    list_published,
)
from apps.goods.garments.models import PictureAngle
from apps.goods.garments.store import ANGLES, by_angle, shown_garment, swatches
from apps.goods.inventory.selectors import Available, shown_availability
from apps.kernel.errors import NotFound
from apps.kernel.prepared import Prepared
from apps.platform.fields.selectors import store_facts
from apps.platform.media.lasting import lasting_address
from apps.selling.checkout.models import MAX_QUANTITY
from apps.selling.orders.later import later_of
from apps.selling.orders.models import LaterSale
from apps.selling.pricing.choosing import ResolvedPrice
from apps.selling.storefront.analyses import licensed_facts, papers_of
from apps.selling.storefront.cards import card_rows, cards_of, drawn_url_of, money, photo_sources
from apps.selling.storefront.doors import Visit, store_page
from apps.selling.storefront.matrix import matrix_of, may_be_matrix
from apps.selling.storefront.packs import (
    chosen_pack,
    contents_fact,
    measure_words,
    packs_of,
    price_data,
    price_words,
    quantity_field,
    rule_of_page,
)
from apps.selling.storefront.pictures import VIEWS, colour_hex
from apps.selling.storefront.prices import price_rows, say_more
from apps.selling.storefront.shelves import delivery_words, guide_words
from apps.selling.storefront.stock import stock_words
from apps.selling.storefront.variant_pictures import COLOUR_OPTIONS, variant_picture


@require_safe
@store_page
def product(visit: Visit, product_slug: str) -> HttpResponse:
    """Gallery, choice, stock in words, delivery promise, details, what goes with it."""
    try:
        return product_page(visit, product_slug, visit.request.GET)
    except NotFound:
        present = find_present_address(FormerAddress.Kind.PRODUCT, product_slug)
        if present is None:
            raise
        asked = visit.request.META.get("QUERY_STRING", "")
        return HttpResponsePermanentRedirect(visit.face.product_url(present) + (f"?{asked}" if asked else ""))


def product_page(
    visit: Visit, slug: str, asked: QueryDict, *, problem: str = "", status: int = 200
) -> HttpResponse:
    """The page with the choice that `asked` names; `problem` is said above the buttons."""
    return page_of(visit, get_published_product(slug), asked, problem=problem, status=status)


@require_safe
@store_page
def preview(visit: Visit, preview_token: str) -> HttpResponse:
    """The page as a draft would make it, for whoever has its link; nothing can be bought from it."""
    response = page_of(visit, get_preview(preview_token), visit.request.GET, is_preview=True)
    response["Cache-Control"] = "private, no-store"
    response["X-Robots-Tag"] = "noindex, nofollow"
    return response


def page_of(
    visit: Visit,
    found: ProductPage,
    asked: QueryDict,
    *,
    problem: str = "",
    status: int = 200,
    is_preview: bool = False,
) -> HttpResponse:
    """The page of what was read."""
    face, shown = visit.face, found.product
    free = shown_availability(shown.pk)
    owed = [pk for pk, one in free.items() if one.tracked and one.quantity <= 0 < one.backorder]
    later = later_of(owed) if owed else {}
    related = _related(shown)
    # A draft's own prices stand in its variants: price lists would speak of the published ones.
    breaks: dict[Any, Any] = {}
    prices = {} if is_preview else price_rows(visit, related, also=[shown.pk], breaks=breaks)
    offers = [
        _offer(visit, found, variant, free.get(variant.pk), prices.get(variant.pk), later.get(variant.pk))
        for variant in found.variants
    ]
    say_more(offers, found.variants, face.currency, breaks)
    for offer in offers:
        offer["guide"] = guide_words(face, Decimal(offer["amount"]))
    named = [option for option in found.options if not _is_no_option(option, found)]
    chosen = _chosen(offers, asked, len(found.options)) or _nothing(visit, shown)
    pack = chosen_pack(chosen, asked)
    gallery = _gallery(visit, found)
    colours = swatches(found.parts["colours"], get_language() or "en")
    text = " ".join(strip_tags(shown.description_html).split())
    about = shown.seo_description or Truncator(text).chars(155) or _("%(title)s at %(store)s.") % {
        "title": shown.title, "store": face.name
    }  # fmt: skip
    canonical = visit.request.build_absolute_uri(face.product_url(shown.slug))
    image = visit.request.build_absolute_uri(gallery[0]["src"])
    context = {
        "product": shown,
        "product_url": face.product_url(shown.slug),
        "brand_url": f"{face.home_url}brands/{shown.brand.slug}/" if shown.brand else "",
        "seo_title": shown.seo_title or shown.title,
        "seo_description": about,
        "canonical": canonical,
        "og_image": image,
        "json_ld": _json_ld(visit, found, offers, about, canonical, image),
        "description": mark_safe(shown.description_html),  # noqa: S308 - cleaned by nh3 when it was saved
        "gallery": gallery,
        "chosen": chosen,
        "options": [
            _option(number, option, offers, chosen, colours) for number, option in enumerate(named, 1)
        ],
        "variants_data": _variants_data(offers) if named or pack else None,
        "pack": pack,
        "quantity": quantity_field(_rule_of(found, chosen, pack), asked),
        "certificates": papers_of(visit.face, found),
        "garment": shown_garment(found.parts["garment"], visit.business.country),
        "facts": _facts(found, chosen, face.currency),
        "related": cards_of(visit.face, related),
        "crumbs": [_crumb(visit, shown)] if shown.category else [],
        "here": shown.category.slug if shown.category else "",
        "delivery_words": delivery_words(visit.business, face),
        "matrix": None
        if is_preview or not may_be_matrix(named) or visit.company is None
        else matrix_of(named, offers, visit.request.POST),
        "problem": problem,
        "is_preview": is_preview,
    }
    return visit.render("storefront/product.html", context, status=status)


def _rule_of(found: ProductPage, chosen: dict[str, Any], pack: dict[str, Any] | None) -> QuantityRule:
    """The rule of what is chosen, counted as its number field counts."""
    variant = next((one for one in found.variants if str(one.pk) == chosen["id"]), None)
    if variant is None:
        return rule_of(found.product)
    rule = rule_of_page(found, variant)
    if pack is None or not pack["id"]:
        return rule
    packed = next(row for row in found.packs if row["id"] == pack["id"])
    return rule.in_packs(int(packed["quantity"]))


def _is_no_option(option: dict[str, Any], found: ProductPage) -> bool:
    """Shopify's "Title: Default Title" is how a product without options is written."""
    return len(found.variants) == 1 and len(option["values"]) < 2 and option["name"].lower() == "title"


def _offer(
    visit: Visit,
    found: ProductPage,
    variant: Variant,
    free: Available | None,
    price: ResolvedPrice | None,
    later: LaterSale | None = None,
) -> dict[str, Any]:
    rule, currency = rule_of_page(found, variant), visit.face.currency
    look, icon, words, buyable = stock_words(free, rule, later)
    packs = packs_of(found, variant, free, currency, price)
    most = min(MAX_QUANTITY, rule.most or MAX_QUANTITY)
    now = price.unit_price if price else variant.price
    was = price.compare_at if price else variant.compare_at_price
    return {
        "id": str(variant.pk),
        "values": [str(value) for value in variant.option_values],
        "amount": f"{shown_price(variant, now):f}",
        "price": price_words(variant, currency, now),
        "measure": measure_words(variant, now, currency),
        "packs": packs,
        "rule": {"least": rule.least, "most": most, "step": rule.step, "words": rule.words},
        "was": price_words(variant, currency, was) if was is not None and was > now else "",
        "stock_class": look,
        "stock_icon": icon,
        "stock_words": words,
        "buyable": buyable or any(pack["buyable"] for pack in packs),
        "sku": variant.sku,
        "picture": variant_picture(visit.face, found, variant),
    }


def _nothing(visit: Visit, shown: Product) -> dict[str, Any]:
    return {
        "id": "", "values": [], "amount": f"{shown.min_price:f}", "price": money(shown.min_price, visit.face.currency),
        "was": "", "stock_class": "out", "stock_icon": "close", "stock_words": _("Sold out"), "buyable": False,
        "sku": "", "picture": "", "measure": "", "lowest": "", "breaks": "", "guide": "", "packs": [], "rule": {},
    }  # fmt: skip


def _chosen(offers: list[dict[str, Any]], asked: QueryDict, options: int) -> dict[str, Any] | None:
    wanted = [asked.get(f"option{number}", "") for number in range(1, options + 1)]
    if any(wanted):
        for offer in offers:
            if all(not want or want == value for want, value in zip(wanted, offer["values"], strict=False)):
                return offer
    return next((offer for offer in offers if offer["buyable"]), offers[0] if offers else None)


def variant_for(slug: str, asked: QueryDict) -> UUID | None:
    """The variant that the posted option buttons name."""
    found = get_published_product(slug)
    wanted = [asked.get(f"option{number}", "") for number in range(1, len(found.options) + 1)]
    for variant in found.variants:
        if not any(wanted) or [str(value) for value in variant.option_values] == wanted:
            return variant.pk
    return None


def _option(
    number: int,
    option: dict[str, Any],
    offers: list[dict[str, Any]],
    chosen: dict[str, Any],
    colours: dict[str, dict[str, str]],
) -> dict[str, Any]:
    is_colour = option["name"].lower() in COLOUR_OPTIONS
    index = number - 1
    now = chosen["values"][index] if index < len(chosen["values"]) else ""
    others = [value for i, value in enumerate(chosen["values"]) if i != index]

    def possible(value: str) -> bool:
        return any(
            offer["buyable"]
            and offer["values"][index:number] == [value]
            and [v for i, v in enumerate(offer["values"]) if i != index] == others
            for offer in offers
        )

    values = [str(value) for value in option["values"]]
    return {
        "number": number,
        "name": option["name"],
        "chosen": now,
        "values": [
            {"value": v, "on": v == now, "possible": possible(v), **_look(v, colours.get(v), is_colour)}
            for v in values
        ],
    }


def _look(value: str, colour: dict[str, str] | None, is_colour: bool) -> dict[str, str]:
    """How a value is drawn: a swatch of the business's own library, else a dot beside a word we know."""
    if colour is None or not is_colour:
        return {"dot": colour_hex(value) if is_colour else "", "swatch": "", "picture": "", "word": value}
    picture = lasting_address(colour["path"]) if colour["path"] else ""
    return {"dot": "", "swatch": colour["hex"], "picture": picture, "word": colour["name"]}


def _variants_data(offers: list[dict[str, Any]]) -> dict[str, Any]:
    return {
        "variants": offers,
        "words": {
            "add": _("Add to cart"),
            "sold_out": _("Sold out"),
            "unavailable": _("Not available"),
            "missing": _("Not made in this combination"),
        },
    }


def _gallery(visit: Visit, found: ProductPage) -> list[dict[str, Any]]:
    title = found.product.title
    angles = by_angle(found.parts["angles"])
    # By angle where one is said, else as they were arranged.
    places = {angle: place for place, angle in enumerate(ANGLES)}
    photos = [picture for picture in found.pictures if picture.path]
    photos.sort(key=lambda picture: places.get(angles.get(str(picture.id), ""), len(places)))
    made = []
    for number, photo in enumerate(photos[:12], 1):
        sources = photo_sources(photo.path, photo.renditions)
        label = _("Picture %(number)s of %(title)s") % {"number": number, "title": title}
        if angle := angles.get(str(photo.id)):
            label = f"{label}: {PictureAngle.Angle(angle).label}"
        size = {"width": photo.width or 800, "height": photo.height or 800}
        made.append({**sources._asdict(), **size, "alt": photo.alt or title, "label": label})
    if made:
        return made
    labels = (_("The whole of it"), _("A close look"), _("As a pattern"))
    for view in range(1, VIEWS + 1):
        src = drawn_url_of(visit.face, found.product, view)
        alt = title if view == 1 else f"{title}: {labels[view - 1].lower()}"
        shown = {"src": src, "srcset": "", "avif": "", "thumb": src, "width": 800, "height": 1000}
        made.append({**shown, "alt": alt, "label": labels[view - 1]})
    return made


def _facts(found: ProductPage, chosen: dict[str, Any], currency: str) -> list[tuple[str, str, str]]:
    shown = found.product
    variant = next((v for v in found.variants if str(v.pk) == chosen["id"]), None)
    weight = variant.weight_grams if variant else 0
    facts = []
    if chosen["sku"]:
        facts.append((_("Article number"), chosen["sku"], "sku"))
    if shown.vendor_name:
        facts.append((_("Made by"), shown.vendor_name, ""))
    if shown.product_type:
        facts.append((_("Kind"), shown.product_type, ""))
    if parts := [part for part in found.kit_parts if part["kit"] == chosen["id"]]:
        facts.append((_("Contains"), ", ".join(_part_words(part) for part in parts), ""))
    if inside := contents_fact(variant):
        facts.append((_("Contents"), inside, ""))
    facts += licensed_facts(found)
    if weight:
        facts.append((_("Weight"), f"{weight / 1000:.2f} kg" if weight >= 1000 else f"{weight} g", ""))
    facts += [(label, words, "") for label, words in store_facts(found.fields, currency)]
    if shown.tags:
        facts.append((_("Keywords"), ", ".join(shown.tags[:8]), ""))
    return facts or [(_("Name"), shown.title, "")]


def _part_words(part: dict[str, Any]) -> str:
    """`2 × Mug – Blue`."""
    name = f"{part['title']} – {part['variant']}" if part["variant"] else part["title"]
    return f"{part['quantity']} × {name}"


def _related(shown: Product) -> list[dict[str, Any]]:
    return _IN_CATEGORY.fetch(shown.category_id, shown.pk) if shown.category_id else _ANYWHERE.fetch(shown.pk)


_ANYWHERE = Prepared(lambda pk: card_rows(list_published().exclude(pk=pk))[:4], uuid4())
_IN_CATEGORY = Prepared(
    lambda category_id, pk: card_rows(list_published().filter(category_id=category_id).exclude(pk=pk))[:4],
    uuid4(), uuid4(),
)  # fmt: skip


def _crumb(visit: Visit, shown: Product) -> dict[str, str]:
    category = shown.category
    assert category is not None  # noqa: S101 - asked only for a product with one
    return {"name": category.name, "url": f"{visit.face.products_url}?category={category.slug}"}


def _json_ld(
    visit: Visit, found: ProductPage, offers: list[dict[str, Any]], about: str, url: str, image: str
) -> str:
    """schema.org Product. `<` is escaped so that no title can end the script element."""
    shown, of_offers = found.product, {str(variant.pk): variant for variant in found.variants}
    data: dict[str, Any] = {
        "@context": "https://schema.org",
        "@type": "Product",
        "name": shown.title,
        "description": about,
        "image": [image],
        "url": url,
        "offers": [
            {
                "@type": "Offer",
                **price_data(of_offers[offer["id"]], offer["amount"], visit.face.currency),
                "availability": f"https://schema.org/{'InStock' if offer['buyable'] else 'OutOfStock'}",
                "url": url,
                **({"sku": offer["sku"]} if offer["sku"] else {}),
            }
            for offer in offers[:100]
        ],
    }
    if shown.vendor_name:
        data["brand"] = {"@type": "Brand", "name": shown.vendor_name}
    text = json.dumps(data, ensure_ascii=False)
    return mark_safe(text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026"))  # noqa: S308
