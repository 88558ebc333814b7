"""What a file is at a record, and whether anybody may see it there."""

from django.db import migrations, models
from django.db.models import Q


def forget_roles(apps, schema_editor):
    """Backwards only files are known; what a gallery or a logo holds is written on product and business themselves."""
    apps.get_model("media", "Attachment")._base_manager.exclude(role="file").delete()


class Migration(migrations.Migration):
    dependencies = [("media", "0002_shipped_roles_see_files")]
    operations = [
        migrations.RemoveConstraint(model_name="attachment", name="attachment_once"),
        migrations.AddField(
            model_name="attachment",
            name="role",
            field=models.CharField(
                choices=[("file", "File"), ("gallery", "Picture in the gallery"), ("logo", "Logo")],
                default="file",
                max_length=16,
                verbose_name="used as",
            ),
        ),
        migrations.AddField(
            model_name="attachment",
            name="is_public",
            field=models.BooleanField(default=False, verbose_name="anybody may see it"),
        ),
        migrations.AddConstraint(
            model_name="attachment",
            constraint=models.UniqueConstraint(
                fields=("media", "target_type", "target_id", "role"), name="attachment_once"
            ),
        ),
        migrations.AddConstraint(
            model_name="attachment",
            constraint=models.CheckConstraint(
                condition=Q(is_public=False) | ~Q(role="file"), name="attachment_public_has_role"
            ),
        ),
        migrations.AddIndex(
            model_name="attachment",
            index=models.Index(condition=Q(is_public=True), fields=["media"], name="attachment_public"),
        ),
        migrations.RunPython(migrations.RunPython.noop, forget_roles),
    ]
