"""Drafts and versions of products in the back office: compared, previewed, published, restored."""

from __future__ import annotations

from typing import Any

from django.db.models import Q
from django.urls import reverse
from django.utils.html import format_html, strip_tags
from django.utils.text import Truncator
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from apps.goods.catalog.contents import LABELS, PRICES, Content, merge_of, value_at
from apps.goods.catalog.draft_verbs import (
    DiscardDraft,
    PublishDraft,
    RestoreVersion,
    ScheduleDraft,
    WriteDraft,
    draft_url,
)
from apps.goods.catalog.models import Category, Product, ProductDraft, ProductVersion, Variant
from apps.goods.catalog.services.product_drafts import OPEN, live_content
from apps.kernel.actors import Actor, say_who
from apps.platform.backoffice import nav
from apps.platform.backoffice.admin import TenantModelAdmin, register
from apps.platform.backoffice.columns import (
    format_amount,
    format_moment,
    moment_column,
    number_column,
    state_column,
    text_column,
    who_column,
)
from apps.platform.backoffice.detail import Fact, Section, tells_of
from apps.platform.backoffice.tabs import Tab
from apps.platform.businesses.selectors import get_current_business

LONGEST_SHOWN = 200
VERSIONS_SHOWN = 10


class Words:
    """Values of contents in words; names of categories and variants are read once for all of them."""

    def __init__(self, *contents: Content) -> None:
        ids = {content.get("category_id") for content in contents} - {None}
        self.categories = {str(pk): name for pk, name in _names(Category, "name", ids)} if ids else {}
        keys = {key for content in contents for key in content.get(PRICES, {})}
        self.variants = {str(pk): name for pk, name in _names(Variant, "title", keys)} if keys else {}

    def label(self, name: str) -> Any:
        """`Price: S / Blue`, `Title`."""
        if name.startswith(f"{PRICES}."):
            variant = self.variants.get(name.partition(".")[2], "")
            return _now("Price: %(name)s") % {"name": variant} if variant else _("Price")
        return LABELS[name]

    def value(self, content: Content, name: str) -> Any:
        """What a content says under a name."""
        said = value_at(content, name)
        if said in (None, "", []):
            return "–"
        if name == "category_id":
            return self.categories.get(said, _("deleted"))
        if name == "tags":
            return ", ".join(said)
        if isinstance(said, dict):
            before = said.get("compare_at_price")
            price = format_amount(said["price"])
            return (
                _now("%(price)s, before %(was)s") % {"price": price, "was": format_amount(before)}
                if before
                else price
            )
        return Truncator(strip_tags(str(said))).chars(LONGEST_SHOWN)


def _names(model: Any, field: str, ids: set[Any]) -> Any:
    return model.objects.filter(pk__in=ids).values_list("pk", field)


def labels_of(names: list[str]) -> str:
    """Each label once: `Title, Prices`."""
    return ", ".join(dict.fromkeys(str(LABELS[name.partition(".")[0]]) for name in names))


@register(ProductDraft)
class ProductDraftAdmin(TenantModelAdmin):
    """What is being prepared for the store."""

    read_permission = "products.read"
    list_display = [
        text_column("product.title", description=_("Product")),
        state_column("state", description=_("State")),
        moment_column("publish_at", description=_("Publish at")),
        "changed_by",
        moment_column("updated_at", description=_("Changed")),
    ]
    list_select_related = ["product"]
    search_fields = ["product__title__icontains"]
    search_help_text = _("Product")
    ordering = ["-id"]
    verbs = [WriteDraft, PublishDraft, ScheduleDraft, DiscardDraft]
    tabs = [
        Tab("open", _("Open"), Q(state__in=OPEN)),
        Tab("published", _("Published"), Q(state="published")),
        Tab("discarded", _("Discarded"), Q(state="discarded")),
    ]
    empty_title = _("Nothing is being prepared")
    empty_text = _("Open a product that is in the store and press “Prepare a change”.")

    def facts(self, actor: Actor, obj: ProductDraft) -> list[Fact]:
        facts = [
            Fact(
                _("Product"),
                obj.product.title,
                url=reverse("admin:catalog_product_change", args=[obj.product_id]),
            ),
            Fact(_("Begun by"), obj.begun_by),
            Fact(_("Last changed by"), obj.changed_by),
            Fact(
                _("Publish at"),
                format_moment(obj.publish_at) if obj.publish_at else "",
                help=obj.scheduled_by,
            ),
        ]
        if obj.problem:
            again = format_moment(obj.try_again_at) if obj.try_again_at else ""
            facts.append(Fact(_("What is in the way"), obj.problem, help=again))
        if obj.is_open:
            address = reverse("storefront:preview", args=[get_current_business().slug, obj.token])
            said = _("Whoever has the link sees it, until the draft ends.")
            facts.append(Fact(_("Preview"), _("Open the preview"), url=address, help=said))
        return facts

    def sections(self, actor: Actor, obj: ProductDraft) -> list[Section]:
        if not obj.is_open:
            return []
        live = live_content(obj.product)
        merge = merge_of(obj.base, obj.content, live)
        words = Words(obj.base, obj.content, live)
        rows = [
            [
                words.label(name),
                words.value(live, name),
                words.value(obj.content, name),
                _now("changed in the store meanwhile") if name in merge.both else "",
            ]
            for name in merge.mine
        ]
        sections = [
            Section(
                _("What would change"),
                columns=[_("Part"), _("In the store"), _("In the draft"), _("Beware")],
                rows=rows,
                empty=_("The draft says what the store says. Press “Write”."),
            )
        ]
        if merge.theirs:
            sections.append(
                Section(
                    _("Changed in the store meanwhile, and kept"),
                    columns=[_("Part"), _("Before"), _("In the store")],
                    rows=[
                        [words.label(name), words.value(obj.base, name), words.value(live, name)]
                        for name in merge.theirs
                    ],
                )
            )
        return sections


@register(ProductVersion)
class ProductVersionAdmin(TenantModelAdmin):
    """What the store showed, and since when."""

    read_permission = "products.read"
    list_display = [
        text_column("product.title", description=_("Product")),
        number_column("number", description=_("Version")),
        text_column("get_way_display", description=_("How")),
        who_column("made_by"),
        moment_column("made_at", description=_("Since")),
    ]
    list_select_related = ["product"]
    search_fields = ["product__title__icontains"]
    search_help_text = _("Product")
    ordering = ["-id"]
    verbs = [RestoreVersion]
    empty_title = _("No versions yet")
    empty_text = _("Each time the store shows something new of a product, a version is kept by itself.")

    def facts(self, actor: Actor, obj: ProductVersion) -> list[Fact]:
        return [
            Fact(
                _("Product"),
                obj.product.title,
                url=reverse("admin:catalog_product_change", args=[obj.product_id]),
            ),
            Fact(_("Since"), format_moment(obj.made_at)),
            Fact(_("By"), say_who(obj.made_by)),
            Fact(_("How"), obj.get_way_display()),
        ]

    def sections(self, actor: Actor, obj: ProductVersion) -> list[Section]:
        before = ProductVersion.objects.filter(product=obj.product_id, number=obj.number - 1).first()
        live = live_content(obj.product)
        words = Words(obj.content, live, *([before.content] if before else []))
        sections = []
        if before is not None:
            sections.append(
                Section(
                    _("Changed in this version"),
                    columns=[_("Part"), _("Before"), _("In this version")],
                    rows=[
                        [words.label(name), words.value(before.content, name), words.value(obj.content, name)]
                        for name in obj.changed
                    ],
                    empty=_("Variants came or went; what is said stayed."),
                )
            )
        differs = merge_of(live, obj.content, live).mine
        sections.append(
            Section(
                _("Beside the store of today"),
                columns=[_("Part"), _("In this version"), _("In the store")],
                rows=[
                    [words.label(name), words.value(obj.content, name), words.value(live, name)]
                    for name in differs
                ],
                empty=_("The store says the same today."),
            )
        )
        return sections


@tells_of(Product)
def versions_of(actor: Actor, product: Product) -> list[Section]:
    """The open draft and the last versions, on the product's page; nothing for what was never shown."""
    if not actor.may("products.read"):
        return []
    drafts = ProductDraft.objects.filter(product=product, state__in=OPEN)
    rows = [
        [
            format_html('<a href="{}">{}</a>', draft_url(draft), _("Draft")),
            draft.get_state_display(),
            draft.changed_by,
            format_moment(draft.publish_at) if draft.publish_at else "–",
        ]
        for draft in drafts
    ]
    rows += [
        [
            format_html(
                '<a href="{}">{}</a>',
                reverse("admin:catalog_productversion_change", args=[version.pk]),
                _now("Version %(number)s") % {"number": version.number},
            ),
            labels_of(version.changed) or version.get_way_display(),
            say_who(version.made_by),
            format_moment(version.made_at),
        ]
        for version in ProductVersion.objects.filter(product=product).order_by("-number")[:VERSIONS_SHOWN]
    ]
    if not rows:
        return []
    columns = [_("Version"), _("What"), _("By"), _("When")]
    return [Section(_("Drafts and versions"), columns=columns, rows=rows)]


nav.register(
    section="Catalogue",
    label=_("Drafts"),
    url="admin:catalog_productdraft_changelist",
    under="admin:catalog_product_changelist",
    permission="products.read",
    icon="edit_note",
    order=24,
)
nav.register(
    section="Catalogue",
    label=_("Versions"),
    url="admin:catalog_productversion_changelist",
    under="admin:catalog_product_changelist",
    permission="products.read",
    icon="history",
    order=25,
)
