"""Webhook secrets leave the accounts' settings for the vault, and come back when this is undone."""

import base64
import datetime as dt
import hashlib

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings
from django.db import migrations
from django.utils.encoding import force_bytes

from apps.kernel import clock
from apps.platform.vault.sealing import seal, unseal


def old_box():
    """How accounts sealed their secrets before: under a key derived from SECRET_KEY."""

    def derive(key):
        return hashlib.scrypt(force_bytes(key), salt=b"monidesk.payments.sealed", n=2**4, r=8, p=1, dklen=32)

    keys = [settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS]
    return MultiFernet([Fernet(base64.urlsafe_b64encode(derive(key))) for key in keys])


def moment(text):
    return dt.datetime.fromisoformat(text) if text else None


def to_vault(apps, schema_editor):
    account_model, secret_model = (
        apps.get_model("payments", "ProviderAccount"),
        apps.get_model("vault", "Secret"),
    )
    box = old_box()
    for account in account_model._base_manager.filter(settings__has_key="secrets").iterator():
        name = f"payments.{account.provider}.webhook_secret"
        opened = []
        for entry in account.settings.pop("secrets"):
            try:
                opened.append((entry, box.decrypt(entry["sealed"].encode()).decode()))
            except InvalidToken:
                continue  # sealed under a SECRET_KEY that is gone: it verified nothing any more
        for place, (entry, value) in enumerate(opened):
            version = len(opened) - place
            key_version, sealed = seal(account.business_id, name, version, value)
            secret_model._base_manager.create(
                business_id=account.business_id,
                name=name,
                version=version,
                is_current=place == 0,
                accepted_until=None if place == 0 else moment(entry["ends_at"]) or clock.now(),
                key_version=key_version,
                sealed=sealed,
                last_four=value[-4:],
                saved_at=moment(entry.get("added_at")) or clock.now(),
            )
        account.save(update_fields=["settings"])


def from_vault(apps, schema_editor):
    account_model, secret_model = (
        apps.get_model("payments", "ProviderAccount"),
        apps.get_model("vault", "Secret"),
    )
    box = old_box()
    for account in account_model._base_manager.iterator():
        name = f"payments.{account.provider}.webhook_secret"
        rows = secret_model._base_manager.filter(business_id=account.business_id, name=name)
        account.settings["secrets"] = [
            {
                "sealed": box.encrypt(
                    unseal(row.business_id, row.name, row.version, row.key_version, row.sealed).encode()
                ).decode(),
                "added_at": row.saved_at.isoformat(),
                "ends_at": row.accepted_until.isoformat() if row.accepted_until else None,
            }
            for row in rows.order_by("-version")
        ]
        account.save(update_fields=["settings"])
        rows.delete()


class Migration(migrations.Migration):
    dependencies = [("payments", "0001_initial"), ("vault", "0001_initial")]
    operations = [migrations.RunPython(to_vault, from_vault)]
