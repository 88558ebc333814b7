"""Buttons for a customer's page; the page itself stands further up."""

from __future__ import annotations

from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from apps.kernel.actors import Actor
from apps.platform.backoffice.pages import render_page
from apps.platform.backoffice.verbs import Verb
from apps.platform.privacy import policies
from apps.platform.privacy.selectors import has_come_back, is_erased, preview_erasure
from apps.platform.privacy.services import erase_customer, export_customer


class ExportPerson(Verb):
    """What is known of her, as a file for her."""

    name = "export-data"
    label = _("Hand out data")
    permission = policies.EXPORT
    icon = "folder_zip"
    submit_label = _("Make the file")

    def explain(self, actor: Actor, obj: Any) -> list[Any]:
        return [
            _(
                "All that the business knows of this person goes into one file, with a page to read and attached files."
            ),
            _("The file can be fetched for a week. Make sure that it reaches the person and nobody else."),
        ]

    def perform(self, actor: Actor, obj: Any, data: dict[str, Any], key: str) -> Any:
        return export_customer(actor, customer_id=obj.pk)

    def answer(self, request: HttpRequest, obj: Any, result: Any) -> HttpResponse | None:
        context = {
            "title": _now("The file is ready"),
            "export": result,
            "download_url": reverse("admin:privacy_download", args=[result.pk]),
            "back_url": reverse("admin:customers_customer_change", args=[obj.pk]),
        }
        return render_page(request, "privacy/export_ready.html", context)


class ReasonForm(forms.Form):
    """Why somebody is erased."""

    reason = forms.CharField(
        label=_("Who asked for it, and when"),
        min_length=3,
        max_length=500,
        help_text=_("It is kept as the proof. Do not repeat the person's name or address here."),
    )


class ErasePerson(Verb):
    """What is known of her is taken away."""

    name = "erase-data"
    label = _("Erase data")
    permission = policies.ERASE
    icon = "person_cancel"
    dangerous = True
    proves_again = True
    form_class = ReasonForm
    submit_label = _("Erase for good")

    def is_available(self, actor: Actor, obj: Any) -> bool:
        return not is_erased("customer", obj) or has_come_back("customer", obj)

    def explain(self, actor: Actor, obj: Any) -> list[Any]:
        return [*preview_erasure("customer", obj.pk).sentences(), _("This cannot be undone.")]

    def perform(self, actor: Actor, obj: Any, data: dict[str, Any], key: str) -> Any:
        return erase_customer(actor, customer_id=obj.pk, reason=data["reason"])

    def success(self, obj: Any, result: Any) -> Any:
        return _now("The person's data is erased.")
