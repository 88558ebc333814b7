"""Secrets are a business's; who saved and who used them is named."""

from django.utils.translation import gettext_lazy as _

from apps.kernel.privacy import Kept, impersonal, personal

personal(
    "vault.secret", "saved_by",
    title=_("Who saved secrets"),
    erasure=Kept(_("Who did what is part of the business's record.")),
)  # fmt: skip
personal(
    "vault.secretuse", "used_by",
    title=_("Who used secrets"),
    erasure=Kept(_("Who did what is part of the business's record.")),
)  # fmt: skip
impersonal(
    "vault.secret", "name", "key_version", "sealed", "last_four", because="a business's secret, encrypted"
)
impersonal("vault.secretuse", "name", "purpose", because="which secret, and for what")
