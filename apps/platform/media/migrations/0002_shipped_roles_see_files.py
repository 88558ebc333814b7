"""Administrators and managers of businesses that are there already may use the file library."""

from django.db import migrations

ROLES = ("admin", "manager")


def give(apps, schema_editor):
    for role in apps.get_model("businesses", "Role")._base_manager.filter(is_shipped=True, code__in=ROLES):
        if "media.*" not in role.permissions:
            role.permissions.append("media.*")
            role.save(update_fields=["permissions"])


def take(apps, schema_editor):
    for role in apps.get_model("businesses", "Role")._base_manager.filter(is_shipped=True, code__in=ROLES):
        if "media.*" in role.permissions:
            role.permissions.remove("media.*")
            role.save(update_fields=["permissions"])


class Migration(migrations.Migration):
    dependencies = [("media", "0001_initial"), ("businesses", "0001_initial")]
    operations = [migrations.RunPython(give, take)]
