"""Files and comments on any detail page: one base class and one permission switch them on.

    class OrderAdmin(CarriesFiles, TenantModelAdmin):
        attach_permission = "orders.note"

The panel is loaded after the page, so the page's own queries stay what they are.
"""

from __future__ import annotations

from typing import Any, ClassVar

from django.http import HttpRequest
from django.templatetags.static import static
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext as _

from apps.platform.backoffice.detail import Section
from apps.platform.media import attachables


class CarriesFiles:
    """A detail page whose records carry files and comments."""

    model: Any
    read_permission: ClassVar[str | None]
    attach_permission: ClassVar[str] = ""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.read_permission is None or not self.attach_permission:
            raise RuntimeError(f"{type(self).__name__} needs read_permission and attach_permission.")
        attachables.join(self.model, read=self.read_permission, change=self.attach_permission)

    def render_detail(self, request: HttpRequest, obj: Any, extra: dict[str, Any]) -> Any:
        """The page with one more section at its end."""
        answer = super().render_detail(request, obj, extra)  # type: ignore[misc]
        address = reverse("admin:media_of", args=[obj._meta.label_lower, obj.pk])
        html = format_html(
            '<script src="{2}" defer></script>'
            '<div hx-get="{0}" hx-trigger="load" hx-swap="innerHTML" hx-sync="this:replace" data-media-panel="{0}">'
            '<a href="{0}">{1}</a></div>',
            address,
            _("Open files and comments"),
            # With the page: a file that is chosen as soon as its field stands there must find somebody who takes it.
            static("media/upload.js"),
        )
        panel = Section(_("Files and comments"), html=html)
        answer.context_data["sections"] = [*answer.context_data["sections"], panel]
        return answer
