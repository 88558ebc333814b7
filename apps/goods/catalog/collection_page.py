"""What rules would find, before they are saved."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.translation import gettext_lazy as _

from apps.goods.catalog.collection_forms import RulesForm, rules_from
from apps.goods.catalog.models import Collection
from apps.goods.catalog.searching import preview_rules
from apps.kernel.errors import DomainError
from apps.kernel.web import sentence
from apps.platform.backoffice.columns import format_amount
from apps.platform.backoffice.pages import page, render_page
from apps.platform.backoffice.verbs import list_verb_url


@page(
    "catalog/collections/preview/",
    name="catalog_rules_preview",
    title=_("Preview"),
    permission="products.arrange",
)
def rules_preview(request: HttpRequest) -> HttpResponse:
    """How many products of the store meet the rules that are typed, and the first of them. Writes nothing."""
    if request.method != "POST":
        # Whoever comes back to the address without the form gets the form.
        return HttpResponseRedirect(list_verb_url(Collection, "add-by-rules"))
    form = RulesForm(request.POST)
    context: dict[str, Any] = {"form": form}
    if form.is_valid():
        try:
            data = dict(form.cleaned_data)
            count, found = preview_rules(rules_from(data), data["match"])
        except DomainError as error:
            told = [str(words) for messages in error.fields.values() for words in messages]
            context["problem"] = " ".join(told) or sentence(error)
        else:
            context |= {
                "count": count,
                "rows": [
                    {
                        "title": row.title,
                        "slug": row.slug,
                        "vendor_name": row.vendor_name,
                        "price": format_amount(row.min_price),
                    }
                    for row in found
                ],
            }
    is_piece = request.headers.get("HX-Request") == "true"
    template = "catalog/rules_preview.html" if is_piece else "catalog/rules_preview_page.html"
    return render_page(request, template, context)
