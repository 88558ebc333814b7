"""Pictures of products are files of the library. Those uploaded before stay where they are and are read as before."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("catalog", "0001_initial"), ("media", "0003_attachments_have_roles")]
    operations = [
        migrations.AddField(
            model_name="productimage",
            name="media",
            field=models.ForeignKey(
                blank=True,
                editable=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="media.media",
            ),
        ),
        migrations.AddConstraint(
            model_name="productimage",
            constraint=models.UniqueConstraint(fields=("product", "media"), name="catalog_image_media_once"),
        ),
    ]
