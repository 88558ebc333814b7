"""The rule by which SKUs and barcodes are made, and the barcodes that were given."""

import django.db.models.deletion
from django.db import migrations, models

import apps.kernel.clock
import apps.kernel.ids
import apps.kernel.models.base
import apps.kernel.tenancy


class Migration(migrations.Migration):
    dependencies = [
        ("businesses", "0004_shipped_roles_follow"),
        ("catalog", "0006_words_kept_by_trigger"),
    ]

    operations = [
        migrations.CreateModel(
            name="CodeRule",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=apps.kernel.ids.new_id, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("created_at", models.DateTimeField(default=apps.kernel.clock.now, editable=False)),
                (
                    "updated_at",
                    apps.kernel.models.base.UpdatedAtField(default=apps.kernel.clock.now, editable=False),
                ),
                ("sku_pattern", models.CharField(blank=True, max_length=80, verbose_name="pattern of SKUs")),
                (
                    "barcode_kind",
                    models.CharField(
                        blank=True,
                        choices=[("", "None"), ("ean13", "EAN-13"), ("ean8", "EAN-8")],
                        max_length=5,
                        verbose_name="barcodes",
                    ),
                ),
                ("barcode_prefix", models.CharField(blank=True, max_length=11, verbose_name="first digits")),
                (
                    "business",
                    models.ForeignKey(
                        default=apps.kernel.tenancy.require_business_id,
                        editable=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="businesses.business",
                    ),
                ),
            ],
            options={
                "verbose_name": "code rule",
                "verbose_name_plural": "code rules",
                "constraints": [
                    models.UniqueConstraint(fields=("business",), name="catalog_code_rule_once"),
                    models.CheckConstraint(
                        condition=models.Q(("barcode_kind__in", ("", "ean13", "ean8"))),
                        name="catalog_code_rule_kind",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="MadeBarcode",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=apps.kernel.ids.new_id, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("created_at", models.DateTimeField(default=apps.kernel.clock.now, editable=False)),
                (
                    "updated_at",
                    apps.kernel.models.base.UpdatedAtField(default=apps.kernel.clock.now, editable=False),
                ),
                ("code", models.CharField(max_length=13, verbose_name="barcode")),
                (
                    "business",
                    models.ForeignKey(
                        default=apps.kernel.tenancy.require_business_id,
                        editable=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="businesses.business",
                    ),
                ),
            ],
            options={
                "verbose_name": "made barcode",
                "verbose_name_plural": "made barcodes",
                "constraints": [
                    models.UniqueConstraint(fields=("business", "code"), name="catalog_made_barcode_once")
                ],
            },
        ),
    ]
