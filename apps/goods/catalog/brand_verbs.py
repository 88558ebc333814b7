"""What staff do with brands: each verb calls one service."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django import forms
from django.urls import reverse
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from apps.goods.catalog import services
from apps.goods.catalog.forms import SHELF_WORDS, ShelfForm, shelf_words
from apps.goods.catalog.models import Brand
from apps.kernel.actors import Actor
from apps.platform.backoffice.verbs import Verb
from apps.platform.media import policies as media_policies
from apps.platform.media.models import Media
from apps.platform.media.states import MediaKind, MediaState

MOST_PICTURES_SHOWN = 100


class BrandForm(ShelfForm):
    name = forms.CharField(label=_("Name"), max_length=255)
    field_order = ("name", "slug", *SHELF_WORDS)


class EditBrandForm(BrandForm):
    slug = forms.SlugField(
        label=_("Address"), max_length=255, help_text=_("The former address leads to the new one.")
    )


class AddBrand(Verb):
    name = "add"
    label = _("Add brand")
    permission = "products.arrange"
    form_class = BrandForm

    def perform(self, actor: Actor, obj: Any, data: dict[str, Any], key: str) -> Any:
        return services.create_brand(actor, key=key, **data)

    def success(self, obj: Any, result: Any) -> Any:
        return _now("%(name)s was added.") % {"name": result.name}

    def success_url(self, obj: Any, result: Any) -> str | None:
        return reverse("admin:catalog_brand_change", args=[result.pk])


class ChangeBrand(Verb):
    name = "change"
    label = _("Edit")
    permission = "products.arrange"
    form_class = EditBrandForm
    writes_back = True
    submit_label = _("Save brand")

    def explain(self, actor: Actor, obj: Brand) -> list[Any]:
        return [_now("All products of the brand carry the new name at once.")]

    def initial(self, actor: Actor, obj: Brand) -> dict[str, Any]:
        return {"name": obj.name, "slug": obj.slug, **shelf_words(obj)}

    def perform(self, actor: Actor, obj: Brand, data: dict[str, Any], key: str) -> Any:
        return services.change_brand(actor, brand_id=obj.pk, **data)

    def success(self, obj: Any, result: Any) -> Any:
        return _now("%(name)s was saved.") % {"name": result.name}


class ChooseLogo(Verb):
    name = "logo"
    label = _("Choose logo")
    permission = "products.arrange"
    submit_label = _("Save logo")
    writes_back = True

    def is_available(self, actor: Actor, obj: Brand) -> bool:
        return actor.may(media_policies.READ)

    def explain(self, actor: Actor, obj: Brand) -> list[Any]:
        return [
            _now("Pictures of the library, newest first. Everybody may see the one you choose."),
        ]

    def get_form(self, actor: Actor, obj: Brand, **kwargs: Any) -> Any:
        ready = Media.objects.filter(kind=MediaKind.IMAGE, state=MediaState.READY).order_by("-id")
        rows = list(ready.values_list("pk", "name")[:MOST_PICTURES_SHOWN])
        if obj.logo_id and obj.logo_id not in {pk for pk, _name in rows}:
            rows.insert(0, (obj.logo_id, str(obj.logo)))
        form = forms.Form(**kwargs)
        form.fields["media_id"] = forms.TypedChoiceField(
            label=_("Logo"),
            choices=[("", _("No logo")), *((str(pk), name) for pk, name in rows)],
            coerce=UUID,
            empty_value=None,
            required=False,
        )
        return form

    def initial(self, actor: Actor, obj: Brand) -> dict[str, Any]:
        return {"media_id": obj.logo_id}

    def perform(self, actor: Actor, obj: Brand, data: dict[str, Any], key: str) -> Any:
        return services.set_brand_logo(actor, brand_id=obj.pk, media_id=data["media_id"])


class DeleteBrand(Verb):
    name = "delete"
    label = _("Delete")
    permission = "products.arrange"
    dangerous = True

    def explain(self, actor: Actor, obj: Brand) -> list[Any]:
        return [_now("“%(name)s” is taken off the list. No product may have it.") % {"name": obj}]

    def perform(self, actor: Actor, obj: Brand, data: dict[str, Any], key: str) -> Any:
        return services.delete_brand(actor, brand_id=obj.pk)

    def success_url(self, obj: Any, result: Any) -> str | None:
        return reverse("admin:catalog_brand_changelist")
