"""The business's own tree of categories."""

from __future__ import annotations

from uuid import UUID

from django.db.models import F, Value
from django.db.models.functions import Concat, Substr
from django.utils.translation import gettext as _

from apps.goods.catalog.drafts import UNSET
from apps.goods.catalog.models import Category, FormerAddress, Product
from apps.goods.catalog.services.addresses import (
    address_taken,
    checked_slug,
    forget_addresses,
    free_address,
    remember_address,
)
from apps.goods.catalog.services.shelf_words import checked_words
from apps.goods.catalog.text import clean_text
from apps.kernel import audit, locks
from apps.kernel.actors import Actor
from apps.kernel.errors import Conflict, InvalidInput, NotFound
from apps.kernel.locks import Rank
from apps.kernel.use_cases import use_case

DEEPEST = 5


@use_case(permission="products.arrange", idempotent=True, audits="products.category_added")
def create_category(
    actor: Actor,
    *,
    name: str,
    parent_id: UUID | None = None,
    slug: str = "",
    description: str = "",
    seo_title: str = "",
    seo_description: str = "",
    key: str | None = None,
) -> Category:
    """Add a branch below `parent_id` (none: at the root). Raises `InvalidInput`, `NotFound`."""
    label = _checked_name(name)
    words = checked_words(description=description, seo_title=seo_title, seo_description=seo_description)
    tree = _lock_tree()
    parent = _find(tree, parent_id)
    if parent is not None and parent.depth + 1 >= DEEPEST:
        raise InvalidInput(
            fields={"parent_id": [_("The tree has at most %(most)s levels.") % {"most": DEEPEST}]}
        )
    own = free_address(slug or label, "category", {branch.slug for branch in tree})
    position = _next_position(tree, parent_id)
    category = Category.objects.create(
        name=label,
        slug=own,
        parent=parent,
        path=f"{parent.path}/{own}" if parent else own,
        depth=parent.depth + 1 if parent else 0,
        position=position,
        place=_place(parent.place if parent else "", position, own),
        **words,
    )
    audit.record(actor, "products.category_added", category, after={"path": category.path})
    return category


@use_case(permission="products.arrange", audits="products.category_changed")
def change_category(
    actor: Actor,
    *,
    category_id: UUID,
    name: str = UNSET,
    parent_id: UUID | None = UNSET,
    slug: str = UNSET,
    description: str = UNSET,
    seo_title: str = UNSET,
    seo_description: str = UNSET,
) -> Category:
    """Rename a category, give it another address or words, or move it with all below it. Former links lead on.

    Raises `InvalidInput` for a move below itself or too deep, `Conflict` for an address that is taken, `NotFound`.
    """
    wanted = checked_slug(slug)[:140] if slug is not UNSET else None
    tree = _lock_tree()
    category = _find(tree, category_id)
    if category is None:
        raise NotFound()
    words = checked_words(description=description, seo_title=seo_title, seo_description=seo_description)
    before = {"name": category.name, "path": category.path, **{n: getattr(category, n) for n in words}}
    if name is not UNSET:
        category.name = _checked_name(name)
    if parent_id is not UNSET and parent_id != category.parent_id:
        _move(tree, category, _find(tree, parent_id))
    if wanted is not None and wanted != category.slug:
        if any(branch.slug == wanted for branch in tree):
            raise address_taken(wanted)
        remember_address(FormerAddress.Kind.CATEGORY, category.pk, category.slug, wanted)
        category.slug = wanted
        _repath(tree, category, category.path.rpartition("/")[0], 0)
    _keep_places(tree)
    for said, text in words.items():
        setattr(category, said, text)
    after = {"name": category.name, "path": category.path, **words}
    if after != before:
        category.save()
        audit.record(actor, "products.category_changed", category, before=before, after=after)
    return category


@use_case(permission="products.arrange", idempotent=True, audits="products.category_moved")
def move_category(actor: Actor, *, category_id: UUID, step: int, key: str | None = None) -> Category:
    """Let a category stand `step` places later among those beside it (less than nought: earlier); store, back office
    and programs read them so. At either end it stays. What stands below it moves along.

    Counted from where it stands under the lock, so that two who move at once both do. Raises `NotFound`.
    """
    tree = _lock_tree()
    category = _find(tree, category_id)
    if category is None:
        raise NotFound()
    beside = sorted(
        (branch for branch in tree if branch.parent_id == category.parent_id), key=lambda one: one.place
    )
    before = beside.index(category)
    after = min(max(before + step, 0), len(beside) - 1)
    if after != before:
        beside.insert(after, beside.pop(before))
        for position, branch in enumerate(beside, start=1):
            branch.position = position
        _keep_places(tree)
        audit.record(
            actor, "products.category_moved", category,
            before={"position": before + 1}, after={"position": after + 1, "path": category.path},
        )  # fmt: skip
    return category


@use_case(permission="products.arrange", audits="products.category_deleted")
def delete_category(actor: Actor, *, category_id: UUID) -> None:
    """Take an empty branch off the tree. Raises `Conflict` while it has products or branches."""
    tree = _lock_tree()
    category = _find(tree, category_id)
    if category is None:
        raise NotFound()
    if any(branch.parent_id == category.pk for branch in tree):
        raise Conflict(_("“%(name)s” has categories below it. Move them first.") % {"name": category.name})
    if Product.objects.filter(category=category).exists():
        raise Conflict(
            _("“%(name)s” has products. Move them to another category first.") % {"name": category.name}
        )
    forget_addresses(FormerAddress.Kind.CATEGORY, category.pk)
    audit.record(actor, "products.category_deleted", category, before={"path": category.path})
    category.delete()


def _move(tree: list[Category], category: Category, parent: Category | None) -> None:
    below = [branch for branch in tree if branch.path.startswith(f"{category.path}/")]
    if parent is not None and (parent.pk == category.pk or parent in below):
        raise InvalidInput(fields={"parent_id": [_("A category cannot lie below itself.")]})
    depth = parent.depth + 1 if parent else 0
    height = max((branch.depth for branch in below), default=category.depth) - category.depth
    if depth + height >= DEEPEST:
        raise InvalidInput(
            fields={"parent_id": [_("The tree has at most %(most)s levels.") % {"most": DEEPEST}]}
        )
    shift = depth - category.depth
    category.position = _next_position(tree, parent.pk if parent else None)
    category.parent, category.depth = parent, depth
    _repath(tree, category, parent.path if parent else "", shift)


def _repath(tree: list[Category], category: Category, above: str, shift: int) -> None:
    """Give the category its path below `above`, and all below it theirs."""
    old = category.path
    below = [branch for branch in tree if branch.path.startswith(f"{old}/")]
    category.path = f"{above}/{category.slug}" if above else category.slug
    if category.path == old:
        return
    Category.objects.filter(pk__in=[branch.pk for branch in below]).update(
        path=Concat(Value(category.path), Substr("path", len(old) + 1)), depth=F("depth") + shift
    )
    # A second step of the same change (moved and renamed at once) starts from where this one ended.
    for branch in below:
        branch.path = category.path + branch.path[len(old) :]
        branch.depth += shift


def _next_position(tree: list[Category], parent_id: UUID | None) -> int:
    """Behind the last where the siblings were ordered by hand; 0 where they stand by their addresses."""
    last = max((branch.position for branch in tree if branch.parent_id == parent_id), default=0)
    return last + 1 if last else 0


def _place(above: str, position: int, slug: str) -> str:
    return f"{above} {position:05d}{slug}".lstrip()


def _keep_places(tree: list[Category]) -> None:
    """Write position and place of every branch whose place is another now, in one statement."""
    places: dict[UUID | None, str] = {None: ""}
    changed = []
    for branch in sorted(tree, key=lambda one: one.depth):
        place = _place(places[branch.parent_id], branch.position, branch.slug)
        places[branch.pk] = place
        if branch.place != place:
            branch.place = place
            changed.append(branch)
    Category.objects.bulk_update(changed, ["position", "place"])


def _lock_tree() -> list[Category]:
    """The whole tree, locked: it is small, and a move must not meet another one."""
    locks.lock(Rank.ROOT, Category.objects.all())
    # Read anew: a branch that was added while this waited is not among the rows it waited for.
    return list(Category.objects.all())


def _find(tree: list[Category], category_id: UUID | None) -> Category | None:
    if category_id is None:
        return None
    found = next((branch for branch in tree if branch.pk == category_id), None)
    if found is None:
        raise NotFound()
    return found


def _checked_name(name: str) -> str:
    label = clean_text(name, "name", 120)
    if not label:
        raise InvalidInput(fields={"name": [_("A category needs a name.")]})
    return label
