"""Forms of the page that chooses from where orders are taken."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django import forms
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from apps.goods.catalog.models import Variant
from apps.goods.inventory.allocation import Policy
from apps.goods.inventory.codes import find_variants
from apps.goods.inventory.models import AllocationPolicy, AllocationSplit, AllocationWay, PlaceSite
from apps.goods.inventory.nearness import Destination
from apps.goods.inventory.services.allocating import SiteDraft
from apps.platform.businesses.models import Location

MOST_ITEMS = 50


class AllocationForm(forms.Form):
    """The policy of one way in which orders come."""

    way = forms.ChoiceField(
        label=_("Which location is asked first"), choices=AllocationWay.choices, widget=forms.RadioSelect
    )
    location_id = forms.TypedChoiceField(
        label=_("The one location"),
        coerce=UUID,
        required=False,
        empty_value=None,
        help_text=_("For “One location only”: a counter that sells what stands behind it, for example."),
    )
    only_listed = forms.BooleanField(label=_("Only locations that have a number send orders"), required=False)
    split = forms.ChoiceField(
        label=_("May one order come from several locations?"),
        choices=AllocationSplit.choices,
        widget=forms.RadioSelect,
    )

    def __init__(self, places: list[Location], policy: AllocationPolicy | None, **kwargs: Any) -> None:
        self.places = places
        found = policy or AllocationPolicy()
        initial: dict[str, Any] = {
            "way": found.way,
            "split": found.split,
            "only_listed": found.only_listed,
            "location_id": str(found.location_id or ""),
        }
        initial |= {f"number_{pk}": number for number, pk in enumerate(found.places, start=1)}
        super().__init__(initial=initial, **kwargs)
        chosen = [("", "—"), *((str(place.pk), place.name) for place in places)]
        self.fields["location_id"].choices = chosen  # type: ignore[attr-defined]
        for place in places:
            self.fields[f"number_{place.pk}"] = forms.IntegerField(
                label=place.name, required=False, min_value=1, max_value=999
            )

    @property
    def numbers(self) -> list[Any]:
        """The fields of the list."""
        return [self[f"number_{place.pk}"] for place in self.places]

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or {}
        numbered = [
            (data[f"number_{place.pk}"], place) for place in self.places if data.get(f"number_{place.pk}")
        ]
        seen: dict[int, Location] = {}
        for number, place in numbered:
            if number in seen:
                self.add_error(
                    f"number_{place.pk}",
                    _now("%(place)s has this number already.") % {"place": seen[number].name},
                )
            seen[number] = place
        data["places"] = [place.pk for _number, place in sorted(numbered, key=lambda one: one[0])]
        return data

    def policy(self) -> Policy:
        """What is typed, as orders would follow it."""
        data = self.cleaned_data
        return Policy(
            way=data["way"],
            split=data["split"],
            places=tuple(data["places"]),
            only_listed=data["only_listed"],
            location_id=data["location_id"] or None,
        )


class TryForm(forms.Form):
    """An order that nobody placed, to see where it would come from."""

    items = forms.CharField(
        label=_("Items"),
        widget=forms.Textarea(attrs={"rows": 3, "placeholder": "SH-S, 2\nMUG-BLUE"}),
        help_text=_("One line for each: SKU or barcode, and how many."),
        max_length=4000,
    )
    country = forms.CharField(label=_("Country"), max_length=2, required=False)
    postcode = forms.CharField(label=_("Postcode"), max_length=20, required=False)
    city = forms.CharField(label=_("Town"), max_length=80, required=False)
    region = forms.CharField(label=_("Region"), max_length=80, required=False)

    def clean_items(self) -> list[tuple[Variant, int]]:
        typed = [line.strip() for line in self.cleaned_data["items"].splitlines() if line.strip()]
        if len(typed) > MOST_ITEMS:
            raise forms.ValidationError(_now("Try at most %(most)s items.") % {"most": MOST_ITEMS})
        parts = [[part.strip() for part in line.split(",")] for line in typed]
        known = find_variants(part[0] for part in parts)
        found, problems = [], []
        for part in parts:
            variant = known.get(part[0].upper())
            count = part[1] if len(part) > 1 else "1"
            if variant is None:
                problems.append(_now("No item has the SKU or barcode “%(code)s”.") % {"code": part[0]})
            elif not (count.isascii() and count.isdigit() and 0 < len(count) < 7 and int(count)):
                problems.append(_now("Write a whole number after “%(code)s”.") % {"code": part[0]})
            else:
                found.append((variant, int(count)))
        if problems:
            raise forms.ValidationError(problems)
        return found

    def to(self) -> Destination:
        data = self.cleaned_data
        return Destination(data["country"].upper(), data["region"], data["postcode"], data["city"])


class SiteForm(forms.Form):
    """Where one location lies."""

    country = forms.CharField(label=_("Country"), max_length=2, required=False)
    region = forms.CharField(label=_("Region"), max_length=80, required=False)
    postcode = forms.CharField(label=_("Postcode"), max_length=20, required=False)
    latitude = forms.DecimalField(
        label=_("Latitude"), min_value=-90, max_value=90, max_digits=8, decimal_places=5, required=False
    )
    longitude = forms.DecimalField(
        label=_("Longitude"), min_value=-180, max_value=180, max_digits=8, decimal_places=5, required=False
    )

    def __init__(self, place: Location, site: PlaceSite | None, **kwargs: Any) -> None:
        self.place = place
        super().__init__(prefix=f"site_{place.pk}", initial=site.facts() if site else None, **kwargs)

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or {}
        if not self.errors and (data["latitude"] is None) != (data["longitude"] is None):
            self.add_error("longitude", _now("Enter both numbers of the point, or none."))
        return data

    def draft(self) -> SiteDraft:
        return SiteDraft(self.place.pk, **self.cleaned_data)
