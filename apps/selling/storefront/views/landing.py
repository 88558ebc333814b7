"""The product's own front page."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import NoReverseMatch, reverse
from django.views.decorators.http import require_safe

from apps.platform.businesses.models import Business
from apps.selling.storefront.face import face_of


def _address(*names: str) -> str:
    for name in names:
        try:
            return reverse(name)
        except NoReverseMatch:
            continue
    return ""


@require_safe
def front(request: HttpRequest) -> HttpResponse:
    """What MoniDesk is, the demo stores, sign in and sign up."""
    stores = [
        {
            "face": face_of(business),
            "shelf": f"{face_of(business).home_url}shelf-0000000000.svg",
            "city": business.city,
        }
        for business in Business.objects.filter(is_demo=True).order_by("name")[:6]
    ]
    context = {
        "stores": stores,
        "sign_in_url": _address("account_login"),
        "docs_url": _address("api:docs"),
        "sign_up_url": _address("sign_up", "businesses:sign_up", "account_signup"),
    }
    return render(request, "landing/front.html", context)
