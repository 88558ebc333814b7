"""The pictures of a product in the back office: drag them in, choose from the library, order, describe, take away.

A piece of the product's page, loaded after it; a page of its own where there are no scripts.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import IO, Any, cast
from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.http import (
    Http404,
    HttpRequest,
    HttpResponse,
    HttpResponseNotAllowed,
    HttpResponseRedirect,
    JsonResponse,
)
from django.templatetags.static import static
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apps.goods.catalog import services
from apps.goods.catalog.models import Product, ProductImage, Variant
from apps.goods.catalog.policies import can_change_product
from apps.goods.catalog.selectors import get_product, list_pictures
from apps.kernel.errors import DomainError, InvalidInput, NotFound
from apps.kernel.ids import new_id
from apps.kernel.web import sentence
from apps.platform.backoffice.detail import Section
from apps.platform.backoffice.pages import page, render_page
from apps.platform.media import policies as media_policies
from apps.platform.media.lasting import lasting_address
from apps.platform.media.library import WAITING, library_window
from apps.platform.media.selectors import preview_address
from apps.platform.media.services import upload_ticket
from apps.platform.media.states import RULES, MediaKind, MediaState
from apps.platform.media.stores import FilesUnreachable, StorageUnavailable

ACCEPT = ",".join(sorted(RULES[MediaKind.IMAGE].types))
MOST_CHOSEN = 48


def pictures_section(product: Product) -> Section:
    """The piece of the product's page that loads the pictures after it."""
    address = reverse("admin:product_pictures", args=[product.pk])
    html = format_html(
        '<script src="{2}" defer></script><script src="{3}" defer></script>'
        '<div hx-get="{0}" hx-trigger="load" hx-swap="innerHTML" hx-sync="this:replace" data-media-panel="{0}">'
        '<a href="{0}">{1}</a></div>',
        address,
        _("Open the pictures"),
        # With the page: a file that is chosen as soon as its field stands there must find somebody who takes it.
        static("media/upload.js"),
        static("media/arrange.js"),
    )
    return Section(_("Pictures"), html=html)


@page(
    "catalog/pictures/<uuid:product_id>/",
    name="product_pictures",
    title=gettext_lazy("Pictures"),
    permission="products.read",
)
def product_pictures(request: HttpRequest, product_id: UUID) -> HttpResponse:
    """The pictures in their order; with `picker` the library to choose from."""
    actor = request.actor  # type: ignore[attr-defined]
    product = get_product(product_id)
    tiles = [_tile(image) for image in list_pictures(product.pk)]
    may_change = can_change_product(actor, product)
    context: dict[str, Any] = {
        "product": product,
        "tiles": tiles,
        "variants": _choices(product) if may_change else [],
        "waits": any(tile["waits"] for tile in tiles),
        "may_change": may_change,
        "may_pick": may_change and actor.may(media_policies.READ),
        "own_address": reverse("admin:product_pictures", args=[product.pk]),
        "accept": ACCEPT,
        "key": str(new_id()),
        "announce_url": reverse("admin:product_pictures_do", args=[product.pk, "announce"]),
    }
    if "picker" in request.GET:
        actor.require("products.change")
        actor.require(media_policies.READ)
        context |= library_window(request, kind=MediaKind.IMAGE)
        return render_page(request, "catalog/picture_picker.html", context)
    is_piece = request.headers.get("HX-Request") == "true"
    return render_page(request, "catalog/pictures.html" if is_piece else "catalog/picture_page.html", context)


def _choices(product: Product) -> list[Variant]:
    """The variants that a picture may be of; none where there is nothing to choose."""
    if product.variant_count < 2:
        return []
    return list(Variant.objects.filter(product=product, active=True).order_by("position", "id"))


def _tile(image: ProductImage) -> dict[str, Any]:
    media = image.media
    former = image.renditions.get("320") or image.image.name or ""
    return {
        "image": image,
        "address": preview_address(media) if media else lasting_address(former),
        "waits": media is not None and (media.state in WAITING or (not image.image and not media.failure)),
        "failure": media.failure if media is not None and media.state == MediaState.FAILED else "",
        "is_drawn": media is None and not image.image,
    }


def _announce(request: HttpRequest, product_id: UUID) -> HttpResponse:
    said = json.loads(request.body)
    image = services.begin_picture(
        request.actor,  # type: ignore[attr-defined]
        product_id=product_id,
        name=str(said["name"])[:500],
        content_type=str(said["content_type"]),
        size=int(said["size"]),
        key=str(said.get("key", ""))[:200] or None,
    )
    ticket = upload_ticket(image.own_media)
    # On one's own machine the page may have been opened under another of its names.
    address = ticket.address.removeprefix(settings.PUBLIC_BASE_URL.rstrip("/"))
    return JsonResponse({"id": str(image.media_id), "address": address, "headers": ticket.headers})


def _upload(request: HttpRequest, product_id: UUID) -> HttpResponse:
    file = request.FILES.get("file")
    if file is None:
        raise InvalidInput(_("Choose a picture first."))
    services.add_image(
        request.actor,  # type: ignore[attr-defined]
        product_id=product_id,
        file=cast(IO[bytes], file),
        name=file.name or "",
        alt=request.POST.get("alt", ""),
    )
    messages.success(request, _("The picture was added."))
    return _back(product_id)


def _choose(request: HttpRequest, product_id: UUID) -> HttpResponse:
    chosen = [UUID(text) for text in request.POST.getlist("media")[:MOST_CHOSEN]]
    request.actor.require(media_policies.READ)  # type: ignore[attr-defined]
    services.add_pictures(request.actor, product_id=product_id, media_ids=chosen)  # type: ignore[attr-defined]
    return HttpResponseRedirect(reverse("admin:catalog_product_change", args=[product_id]))


def _arrange(request: HttpRequest, product_id: UUID) -> HttpResponse:
    order = [UUID(text) for text in request.POST.getlist("image")]
    services.arrange_pictures(request.actor, product_id=product_id, image_ids=order)  # type: ignore[attr-defined]
    return _back(product_id)


def _move(request: HttpRequest, product_id: UUID) -> HttpResponse:
    """One place to the front or to the back, for who does not drag."""
    moved, step = UUID(request.POST["image"]), int(request.POST["step"])
    order = [image.pk for image in list_pictures(product_id)]
    if moved not in order:
        raise NotFound()
    place = order.index(moved)
    order.insert(max(0, min(place + step, len(order) - 1)), order.pop(place))
    services.arrange_pictures(request.actor, product_id=product_id, image_ids=order)  # type: ignore[attr-defined]
    return _back(product_id)


def _describe(request: HttpRequest, product_id: UUID) -> HttpResponse:
    services.describe_picture(
        request.actor,  # type: ignore[attr-defined]
        image_id=UUID(request.POST["image"]),
        alt=request.POST.get("alt", ""),
        **_chosen_variant(request),
    )
    return _back(product_id)


def _chosen_variant(request: HttpRequest) -> dict[str, Any]:
    """Which variant the picture shows; a form without the question asks nothing."""
    given = request.POST.get("variant")
    return {} if given is None else {"variant_id": UUID(given) if given else None}


def _remove(request: HttpRequest, product_id: UUID) -> HttpResponse:
    services.remove_image(request.actor, image_id=UUID(request.POST["image"]))  # type: ignore[attr-defined]
    return _back(product_id)


DOORS: dict[str, Callable[[HttpRequest, UUID], HttpResponse]] = {
    "announce": _announce,
    "upload": _upload,
    "choose": _choose,
    "arrange": _arrange,
    "move": _move,
    "describe": _describe,
    "remove": _remove,
}


@page(
    "catalog/pictures/<uuid:product_id>/do/<slug:what>/",
    name="product_pictures_do",
    title=gettext_lazy("Pictures"),
    permission="products.change",
)
def product_pictures_do(request: HttpRequest, product_id: UUID, what: str) -> HttpResponse:
    """Each door calls one service."""
    if what not in DOORS:
        raise Http404
    if request.method != "POST":
        return HttpResponseNotAllowed(["POST"])
    try:
        return DOORS[what](request, product_id)
    except (KeyError, TypeError, ValueError):
        return _refused(request, product_id, what, InvalidInput())
    except StorageUnavailable:
        return _refused(request, product_id, what, FilesUnreachable())
    except NotFound as error:
        raise Http404 from error
    except DomainError as error:
        return _refused(request, product_id, what, error)


def _refused(request: HttpRequest, product_id: UUID, what: str, error: DomainError) -> HttpResponse:
    said = [str(text) for texts in error.fields.values() for text in texts]
    text = " ".join(said) or str(sentence(error))
    if what == "announce":
        return JsonResponse({"message": text, "code": error.code}, status=error.status)
    messages.error(request, text)
    return _back(product_id)


def _back(product_id: UUID) -> HttpResponse:
    """The pictures again: as a piece, or the page they stand on."""
    return HttpResponseRedirect(reverse("admin:product_pictures", args=[product_id]))
