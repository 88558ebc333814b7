"""After a way back and forth again: a logo finds its file by the key that the business has kept."""

import re

from django.db import migrations

KEY = re.compile(r"^[0-9a-f-]{36}/image/([0-9a-f-]{36})/[a-z0-9]+\.webp$")


def find(apps, schema_editor):
    media = apps.get_model("media", "Media")._base_manager
    attachment = apps.get_model("media", "Attachment")._base_manager
    for business in apps.get_model("businesses", "Business")._base_manager.filter(logo__contains="/image/"):
        key = KEY.match(business.logo.name)
        if key is not None and media.filter(pk=key[1], business_id=business.pk, state="ready").exists():
            attachment.get_or_create(
                business_id=business.pk,
                media_id=key[1],
                target_type="businesses.business",
                target_id=business.pk,
                role="logo",
                defaults={"is_public": True},
            )


class Migration(migrations.Migration):
    dependencies = [("media", "0003_attachments_have_roles"), ("businesses", "0001_initial")]
    operations = [migrations.RunPython(find, migrations.RunPython.noop)]
