"""The library of a business: scales, colours, seasons, styles, size charts."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar
from uuid import UUID

from django.db import IntegrityError, models
from django.utils.translation import gettext as _

from apps.goods.catalog.models import Collection
from apps.goods.catalog.services import create_collection, set_collection_products
from apps.goods.catalog.text import clean_text
from apps.goods.garments.models import Colour, Garment, Season, SizeChart, SizeScale, Style
from apps.goods.garments.reading import read_chart, read_hex, read_sizes, refuse
from apps.kernel import audit, locks
from apps.kernel.actors import Actor
from apps.kernel.errors import Conflict, InvalidInput
from apps.kernel.locks import Rank
from apps.kernel.use_cases import use_case
from apps.platform.media.models import Media
from apps.platform.media.policies import READ
from apps.platform.media.services import Role, hold_picture, release
from apps.platform.media.states import MediaState

ARRANGE = "products.arrange"
MOST_COLOURS = 500
E = TypeVar("E", SizeScale, Colour, Season, Style, SizeChart)
_SWATCH = ("320.webp", "full.webp", "640.webp")


@use_case(permission=ARRANGE, idempotent=True, audits="garments.saved")
def save_scale(
    actor: Actor,
    *,
    name: str,
    sizes: Sequence[str],
    kind: str = SizeScale.Kind.OWN,
    scale_id: UUID | None = None,
    key: str | None = None,
) -> SizeScale:
    """Write a scale anew or add one. Raises `InvalidInput` for a size twice, `Conflict` for a taken name."""
    if kind not in SizeScale.Kind.values:
        raise refuse("kind", _("Choose one of the kinds."))
    values = {"name": _named(name, "name", 80), "kind": kind, "sizes": read_sizes(sizes)}
    return _save(actor, SizeScale, scale_id, values)


@use_case(permission=ARRANGE, idempotent=True, audits="garments.saved")
def save_colour(
    actor: Actor,
    *,
    name: str,
    hex: str = "",
    names: Mapping[str, str] | None = None,
    media_id: UUID | None = None,
    colour_id: UUID | None = None,
    key: str | None = None,
) -> Colour:
    """Write a colour of the library anew or add one: a hex code, a picture of the library as its swatch, or both.

    `names` say it in other languages (`{"de": "Flut"}`). Raises `InvalidInput`, `Conflict` for a taken name.
    """
    said = {
        clean_text(code, "names", 10).lower(): clean_text(text, "names", 60)
        for code, text in (names or {}).items()
        if text.strip()
    }
    code = read_hex(hex)
    if not code and media_id is None:
        raise refuse("hex", _("Enter a hex code or choose a picture."))
    if media_id is not None:
        # A swatch is shown to everybody: who may not see the library must not show what lies in it.
        actor.require(READ)
    if colour_id is None and Colour.objects.count() >= MOST_COLOURS:
        raise Conflict(_("There are at most %(most)s colours.") % {"most": MOST_COLOURS})
    values = {"name": _named(name, "name", 60), "hex": code, "names": said}
    colour = _save(actor, Colour, colour_id, values)
    if colour.swatch_id != media_id:
        release(target_type="garments.colour", target_id=colour.pk, role=Role.GALLERY)
        colour.swatch = None
        if media_id is not None:
            colour.swatch = hold_picture(
                actor, media_id=media_id, target_type="garments.colour", target_id=colour.pk, role=Role.GALLERY,
                is_public=True,
            )  # fmt: skip
        colour.swatch_path = _path_of(colour.swatch)
        colour.save(update_fields=["swatch", "swatch_path", "updated_at"])
        audit.record(actor, "garments.saved", colour, after={"swatch": media_id})
    return colour


@use_case(unaudited="the swatch was entered when it was chosen")
def show_swatch(actor: Actor, *, media_id: UUID) -> None:
    """The file of a swatch is ready, or gone: the colour shows it from now on, or its hex code."""
    media = Media.objects.filter(pk=media_id).first()
    path = _path_of(media)
    colours = Colour.objects.filter(swatch_id=media_id)
    if media is not None and media.state == MediaState.DELETED:
        colours.update(swatch=None, swatch_path="")
    elif path:
        colours.update(swatch_path=path)


@use_case(permission=ARRANGE, idempotent=True, audits="garments.saved")
def save_season(
    actor: Actor, *, half: str, year: int, season_id: UUID | None = None, key: str | None = None
) -> Season:
    """Add a season or change which it is. Raises `InvalidInput`, `Conflict` when it is there."""
    if half not in Season.Half.values:
        raise refuse("half", _("Choose one of the seasons."))
    if isinstance(year, bool) or not 1950 <= year <= 2100:
        raise refuse("year", _("Enter a year."))
    return _save(actor, Season, season_id, {"half": half, "year": year})


@use_case(permission=ARRANGE, idempotent=True, audits="garments.saved")
def save_style(
    actor: Actor, *, number: str, name: str = "", style_id: UUID | None = None, key: str | None = None
) -> Style:
    """Write a style anew or add one. Raises `InvalidInput`, `Conflict` for a number that is taken."""
    values = {"number": _named(number, "number", 40), "name": clean_text(name, "name", 120)}
    return _save(actor, Style, style_id, values)


@use_case(permission=ARRANGE, idempotent=True, audits="garments.saved")
def save_chart(
    actor: Actor,
    *,
    name: str,
    regions: Sequence[str],
    measures: Sequence[str],
    rows: Sequence[Mapping[str, Any]],
    chart_id: UUID | None = None,
    key: str | None = None,
) -> SizeChart:
    """Write a size chart anew or add one: `rows` of `{"size", "regions": {"EU": "38"}, "measures": {"Chest": "88"}}`.

    Raises `InvalidInput` for a region, measure or size that stands twice, `Conflict` for a taken name.
    """
    values = {"name": _named(name, "name", 80), **read_chart(regions, measures, rows)}
    return _save(actor, SizeChart, chart_id, values)


@use_case(
    permission=ARRANGE,
    idempotent=True,
    audits=("garments.saved", "products.collection_added", "products.collection_changed"),
)
def make_season_collection(actor: Actor, *, season_id: UUID, key: str | None = None) -> Collection:
    """Put the garments of a season into its collection, which is made when there is none; it is not shown by this."""
    season = locks.lock_one(Rank.ROOT, Season.objects.filter(pk=season_id))
    products = Garment.objects.filter(season=season).order_by("product__title", "pk")
    ids = list(products.values_list("product_id", flat=True))
    if not ids:
        raise InvalidInput(_("No garment belongs to this season yet."))
    collection = season.collection
    if collection is None:
        collection = season.collection = create_collection(actor, name=str(season))
        season.save(update_fields=["collection", "updated_at"])
        audit.record(actor, "garments.saved", season, after={"collection": str(collection)})
    set_collection_products(actor, collection_id=collection.pk, product_ids=ids)
    return collection


@use_case(permission=ARRANGE, unaudited="the service that writes the entry enters it")
def change_entry(actor: Actor, *, kind: str, entry_id: UUID, values: Mapping[str, Any]) -> Any:
    """Change what `values` name of a scale, colour, season, style or chart; `kind` is the model's name.

    What is left out stays as it stands once the entry is held, so that two who change different things keep both.
    Raises what the service raises that writes it anew, `NotFound`.
    """
    if kind not in _WRITERS:
        raise InvalidInput()
    save, id_name, columns = _WRITERS[kind]
    entry: Any = locks.lock_one(Rank.ROOT, _MODELS[kind].objects.filter(pk=entry_id))
    known = {name: getattr(entry, column) for name, column in columns.items()}
    return save(actor, **known | dict(values), **{id_name: entry_id})


@use_case(permission=ARRANGE, audits="garments.deleted")
def delete_entry(actor: Actor, *, kind: str, entry_id: UUID) -> None:
    """Delete a scale, colour, season, style or chart; `kind` is the model's name. Raises `Conflict` while in use."""
    model = _MODELS.get(kind)
    if model is None:
        raise InvalidInput()
    entry: Any = locks.lock_one(Rank.ROOT, model.objects.filter(pk=entry_id))
    audit.record(actor, "garments.deleted", entry, before={"name": str(entry)})
    if isinstance(entry, Colour):
        release(target_type="garments.colour", target_id=entry.pk, role=Role.GALLERY)
    try:
        entry.delete()
    except models.ProtectedError as error:
        raise Conflict(
            _("“%(name)s” belongs to garments. Give them another first.") % {"name": entry}, code="in_use"
        ) from error


_MODELS: dict[str, Any] = {
    model._meta.model_name: model  # type: ignore[misc]
    for model in (SizeScale, Colour, Season, Style, SizeChart)
}

# By kind: who writes one, what it calls the id, and from which column each of its values comes.
_WRITERS: dict[str, tuple[Callable[..., Any], str, dict[str, str]]] = {
    "sizescale": (save_scale, "scale_id", {"name": "name", "kind": "kind", "sizes": "sizes"}),
    "colour": (
        save_colour, "colour_id", {"name": "name", "hex": "hex", "names": "names", "media_id": "swatch_id"}
    ),
    "season": (save_season, "season_id", {"half": "half", "year": "year"}),
    "style": (save_style, "style_id", {"number": "number", "name": "name"}),
    "sizechart": (
        save_chart, "chart_id", {name: name for name in ("name", "regions", "measures", "rows")}
    ),
}  # fmt: skip


def _save(actor: Actor, model: type[E], pk: UUID | None, values: dict[str, Any]) -> E:
    row: E = model() if pk is None else locks.lock_one(Rank.ROOT, model.objects.filter(pk=pk))
    before = {} if pk is None else {name: getattr(row, name) for name in values}
    if before == values:
        return row
    for name, value in values.items():
        setattr(row, name, value)
    try:
        row.save()
    except IntegrityError as error:
        message = _("“%(name)s” is there already.") % {"name": row}
        raise Conflict(message, code="exists_already", fields={next(iter(values)): [message]}) from error
    audit.record(actor, "garments.saved", row, before=before or None, after=values)
    return row


def _named(text: str, field: str, longest: int) -> str:
    name = clean_text(text, field, longest)
    if not name:
        raise refuse(field, _("Enter a name."))
    return name


def _path_of(media: Media | None) -> str:
    if media is None or media.state != MediaState.READY:
        return ""
    made = {row.label: row.object_key for row in media.derived.filter(label__in=_SWATCH)}
    return next((made[label] for label in _SWATCH if label in made), "")
