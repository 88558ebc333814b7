"""What staff do with suppliers: each verb calls one service."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.urls import reverse
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from apps.goods.purchasing import services
from apps.goods.purchasing.drafts import SupplierDraft
from apps.goods.purchasing.models import Supplier
from apps.goods.purchasing.policies import SUPPLIERS_WRITE
from apps.goods.purchasing.supplier_forms import (
    AddressForm,
    ChoiceOfOneForm,
    ContactForm,
    ItemsForm,
    NoteForm,
    RemoveItemsForm,
    SupplierForm,
)
from apps.kernel.actors import Actor
from apps.platform.backoffice.verbs import Verb
from apps.platform.businesses.selectors import get_current_business


def supplier_url(supplier_id: Any) -> str:
    """The supplier's page."""
    return reverse("admin:purchasing_supplier_change", args=[supplier_id])


class SupplierVerb(Verb):
    permission = SUPPLIERS_WRITE


class AddSupplier(SupplierVerb):
    name = "add"
    label = _("Add supplier")
    form_class = SupplierForm

    def initial(self, actor: Actor, obj: Any) -> dict[str, Any]:
        business = get_current_business()
        return {"currency": business.currency, "tax_rate": business.tax_rate}

    def get_form(self, actor: Actor, obj: Any, **kwargs: Any) -> Any:
        self.form = SupplierForm(**kwargs)
        return self.form

    def perform(self, actor: Actor, obj: Any, data: dict[str, Any], key: str) -> Any:
        return services.add_supplier(actor, draft=SupplierDraft(**self.form.typed()), key=key)

    def success(self, obj: Any, result: Any) -> Any:
        return _now("%(name)s was added. Enter next what it sells.") % {"name": result.name}

    def success_url(self, obj: Any, result: Any) -> str | None:
        return supplier_url(result.pk)


class EditSupplier(AddSupplier):
    name = "edit"
    label = _("Edit")
    submit_label = _("Save supplier")
    writes_back = True

    def initial(self, actor: Actor, obj: Supplier) -> dict[str, Any]:
        return {name: getattr(obj, name) for name in SupplierForm.base_fields}

    def perform(self, actor: Actor, obj: Supplier, data: dict[str, Any], key: str) -> Any:
        return services.update_supplier(actor, supplier_id=obj.pk, changes=self.form.typed())

    def success(self, obj: Any, result: Any) -> Any:
        return _now("%(name)s was saved.") % {"name": result.name}


class SetItems(SupplierVerb):
    name = "items"
    label = _("Set items and costs")
    submit_label = _("Save items")

    def is_available(self, actor: Actor, obj: Supplier) -> bool:
        return obj.status == Supplier.Status.ACTIVE

    def explain(self, actor: Actor, obj: Supplier) -> list[Any]:
        return [
            _now("Costs are for one piece, in %(currency)s, without tax.") % {"currency": obj.currency},
            _now("Items that you do not name stay as they are."),
        ]

    def get_form(self, actor: Actor, obj: Supplier, **kwargs: Any) -> Any:
        self.form = ItemsForm(**kwargs)
        return self.form

    def perform(self, actor: Actor, obj: Supplier, data: dict[str, Any], key: str) -> Any:
        return services.set_items(actor, supplier_id=obj.pk, items=self.form.items())

    def success(self, obj: Any, result: Any) -> Any:
        count = len(result)
        return ngettext("%(count)s item was saved.", "%(count)s items were saved.", count) % {"count": count}


class RemoveItems(SupplierVerb):
    name = "remove-items"
    label = _("Take items off")
    dangerous = True

    def is_available(self, actor: Actor, obj: Supplier) -> bool:
        return obj.items(manager="objects").exists()

    def explain(self, actor: Actor, obj: Supplier) -> list[Any]:
        return [_now("These are no longer proposed from this supplier. Orders that were written stay.")]

    def get_form(self, actor: Actor, obj: Supplier, **kwargs: Any) -> Any:
        return RemoveItemsForm(obj, **kwargs)

    def perform(self, actor: Actor, obj: Supplier, data: dict[str, Any], key: str) -> Any:
        return services.remove_items(actor, supplier_id=obj.pk, variant_ids=data["codes"])


class AddContact(SupplierVerb):
    name = "contact"
    label = _("Add contact")
    form_class = ContactForm

    def perform(self, actor: Actor, obj: Supplier, data: dict[str, Any], key: str) -> Any:
        return services.add_contact(actor, supplier_id=obj.pk, key=key, **data)

    def success(self, obj: Any, result: Any) -> Any:
        return _now("%(name)s was added.") % {"name": result.name}


class RemoveContact(SupplierVerb):
    name = "remove-contact"
    label = _("Remove contact")
    dangerous = True

    def is_available(self, actor: Actor, obj: Supplier) -> bool:
        return obj.contacts(manager="objects").exists()

    def explain(self, actor: Actor, obj: Supplier) -> list[Any]:
        return [_now("Name, address and telephone number are forgotten.")]

    def get_form(self, actor: Actor, obj: Supplier, **kwargs: Any) -> Any:
        return ChoiceOfOneForm(obj.contacts(manager="objects").order_by("name", "id"), **kwargs)

    def perform(self, actor: Actor, obj: Supplier, data: dict[str, Any], key: str) -> Any:
        return services.remove_contact(actor, supplier_id=obj.pk, contact_id=UUID(data["chosen"]))


class AddAddress(SupplierVerb):
    name = "address"
    label = _("Add address")
    form_class = AddressForm

    def initial(self, actor: Actor, obj: Supplier) -> dict[str, Any]:
        return {"country": get_current_business().country}

    def perform(self, actor: Actor, obj: Supplier, data: dict[str, Any], key: str) -> Any:
        return services.add_address(actor, supplier_id=obj.pk, key=key, **data)


class RemoveAddress(SupplierVerb):
    name = "remove-address"
    label = _("Remove address")
    dangerous = True

    def is_available(self, actor: Actor, obj: Supplier) -> bool:
        return obj.addresses(manager="objects").exists()

    def get_form(self, actor: Actor, obj: Supplier, **kwargs: Any) -> Any:
        return ChoiceOfOneForm(obj.addresses(manager="objects").order_by("id"), **kwargs)

    def perform(self, actor: Actor, obj: Supplier, data: dict[str, Any], key: str) -> Any:
        return services.remove_address(actor, supplier_id=obj.pk, address_id=UUID(data["chosen"]))


class LogNote(SupplierVerb):
    name = "log"
    label = _("Log a call or mail")
    submit_label = _("Enter in the log")
    form_class = NoteForm

    def explain(self, actor: Actor, obj: Supplier) -> list[Any]:
        return [_now("The entry stays as you write it, with your name.")]

    def perform(self, actor: Actor, obj: Supplier, data: dict[str, Any], key: str) -> Any:
        return services.log_note(actor, supplier_id=obj.pk, key=key, **data)


class ArchiveSupplier(SupplierVerb):
    name = "archive"
    label = _("Archive")
    dangerous = True

    def is_available(self, actor: Actor, obj: Supplier) -> bool:
        return obj.status == Supplier.Status.ACTIVE

    def explain(self, actor: Actor, obj: Supplier) -> list[Any]:
        return [
            _now("%(name)s is no longer offered for new orders and proposals.") % {"name": obj.name},
            _now("Orders on their way go on. It can be brought back."),
        ]

    def perform(self, actor: Actor, obj: Supplier, data: dict[str, Any], key: str) -> Any:
        return services.archive_supplier(actor, supplier_id=obj.pk)


class RestoreSupplier(SupplierVerb):
    name = "restore"
    label = _("Buy here again")

    def is_available(self, actor: Actor, obj: Supplier) -> bool:
        return obj.status == Supplier.Status.ARCHIVED

    def perform(self, actor: Actor, obj: Supplier, data: dict[str, Any], key: str) -> Any:
        return services.restore_supplier(actor, supplier_id=obj.pk)
