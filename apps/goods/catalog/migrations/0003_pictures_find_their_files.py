"""After a way back and forth again: pictures find their files by the keys that their rows have kept."""

import re

from django.db import migrations

KEY = re.compile(r"^[0-9a-f-]{36}/image/([0-9a-f-]{36})/full\.webp$")


def find(apps, schema_editor):
    image = apps.get_model("catalog", "ProductImage")._base_manager
    media = apps.get_model("media", "Media")._base_manager
    attachment = apps.get_model("media", "Attachment")._base_manager
    for row in image.filter(media=None, image__contains="/image/").select_related("product"):
        key = KEY.match(row.image.name)
        if key is None or not media.filter(pk=key[1], business_id=row.business_id, state="ready").exists():
            continue
        row.media_id = key[1]
        row.save(update_fields=["media"])
        attachment.get_or_create(
            business_id=row.business_id,
            media_id=key[1],
            target_type="catalog.product",
            target_id=row.product_id,
            role="gallery",
            defaults={"is_public": row.product.published_at is not None},
        )


class Migration(migrations.Migration):
    dependencies = [("catalog", "0002_pictures_from_the_library"), ("media", "0003_attachments_have_roles")]
    operations = [migrations.RunPython(find, migrations.RunPython.noop)]
