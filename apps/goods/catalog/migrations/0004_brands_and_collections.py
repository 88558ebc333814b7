"""Brands, collections and former addresses."""

import django.db.models.deletion
import django.db.models.functions.text
from django.db import migrations, models

import apps.kernel.clock
import apps.kernel.ids
import apps.kernel.models.base
import apps.kernel.tenancy


class Migration(migrations.Migration):
    dependencies = [
        ("businesses", "0004_shipped_roles_follow"),
        ("catalog", "0003_pictures_find_their_files"),
        ("media", "0004_logos_find_their_files"),
    ]

    operations = [
        migrations.CreateModel(
            name="Brand",
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
                ("name", models.CharField(max_length=255, verbose_name="name")),
                ("slug", models.SlugField(max_length=255, verbose_name="address")),
                ("description", models.TextField(blank=True, max_length=2000, verbose_name="description")),
                ("logo_path", models.CharField(blank=True, editable=False, max_length=300)),
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
                (
                    "logo",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="media.media",
                        verbose_name="logo",
                    ),
                ),
            ],
            options={
                "verbose_name": "brand",
                "verbose_name_plural": "brands",
                "ordering": ("name", "id"),
            },
        ),
        migrations.CreateModel(
            name="Collection",
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
                ("name", models.CharField(max_length=255, verbose_name="name")),
                ("slug", models.SlugField(max_length=255, verbose_name="address")),
                ("description", models.TextField(blank=True, max_length=2000, verbose_name="description")),
                (
                    "kind",
                    models.CharField(
                        choices=[("manual", "Chosen by hand"), ("rules", "By rules")],
                        default="manual",
                        max_length=10,
                        verbose_name="kind",
                    ),
                ),
                (
                    "match",
                    models.CharField(
                        choices=[("all", "All of the rules"), ("any", "Any of the rules")],
                        default="all",
                        max_length=3,
                        verbose_name="products meet",
                    ),
                ),
                ("rules", models.JSONField(blank=True, default=list, verbose_name="rules")),
                ("published", models.BooleanField(default=False, verbose_name="shown in the store")),
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
                "verbose_name": "collection",
                "verbose_name_plural": "collections",
                "ordering": ("name", "id"),
            },
        ),
        migrations.CreateModel(
            name="CollectionItem",
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
                ("position", models.PositiveIntegerField(verbose_name="position")),
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
                (
                    "collection",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="items",
                        to="catalog.collection",
                    ),
                ),
                (
                    "product",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="places",
                        to="catalog.product",
                    ),
                ),
            ],
            options={
                "verbose_name": "product of a collection",
                "verbose_name_plural": "products of a collection",
                "ordering": ("collection", "position", "id"),
            },
        ),
        migrations.CreateModel(
            name="FormerAddress",
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
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("product", "Product"),
                            ("category", "Category"),
                            ("collection", "Collection"),
                            ("brand", "Brand"),
                        ],
                        max_length=10,
                    ),
                ),
                ("slug", models.SlugField(max_length=255)),
                ("target_id", models.UUIDField()),
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
                "verbose_name": "former address",
                "verbose_name_plural": "former addresses",
                "ordering": ("kind", "slug"),
            },
        ),
        migrations.AlterField(
            model_name="product",
            name="vendor_name",
            field=models.CharField(blank=True, editable=False, max_length=255, verbose_name="brand"),
        ),
        migrations.AddField(
            model_name="product",
            name="brand",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="products",
                to="catalog.brand",
                verbose_name="brand",
            ),
        ),
        migrations.AddIndex(
            model_name="product",
            index=models.Index(
                models.F("business"),
                models.F("brand"),
                models.OrderBy(models.F("published_at"), descending=True),
                condition=models.Q(("published", True), ("status", "active")),
                name="catalog_store_brand",
            ),
        ),
        migrations.AddConstraint(
            model_name="product",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("brand__isnull", True), models.Q(("vendor_name", ""), _negated=True), _connector="OR"
                ),
                name="catalog_product_brand_named",
            ),
        ),
        migrations.AddConstraint(
            model_name="brand",
            constraint=models.UniqueConstraint(
                models.F("business"),
                django.db.models.functions.text.Upper("name"),
                name="catalog_brand_name_unique",
            ),
        ),
        migrations.AddConstraint(
            model_name="brand",
            constraint=models.UniqueConstraint(fields=("business", "slug"), name="catalog_brand_slug_unique"),
        ),
        migrations.AddConstraint(
            model_name="brand",
            constraint=models.CheckConstraint(
                condition=models.Q(("name", ""), _negated=True), name="catalog_brand_named"
            ),
        ),
        migrations.AddConstraint(
            model_name="collection",
            constraint=models.UniqueConstraint(
                fields=("business", "slug"), name="catalog_collection_slug_unique"
            ),
        ),
        migrations.AddConstraint(
            model_name="collection",
            constraint=models.CheckConstraint(
                condition=models.Q(("kind__in", ("manual", "rules"))), name="catalog_collection_kind_known"
            ),
        ),
        migrations.AddConstraint(
            model_name="collection",
            constraint=models.CheckConstraint(
                condition=models.Q(("match__in", ("all", "any"))), name="catalog_collection_match_known"
            ),
        ),
        migrations.AddConstraint(
            model_name="collection",
            constraint=models.CheckConstraint(
                condition=models.Q(("kind", "rules"), ("rules", []), _negated=True),
                name="catalog_collection_rules_say_something",
            ),
        ),
        migrations.AddConstraint(
            model_name="collectionitem",
            constraint=models.UniqueConstraint(
                fields=("collection", "product"), name="catalog_collection_item_once"
            ),
        ),
        migrations.AddIndex(
            model_name="formeraddress",
            index=models.Index(fields=["target_id"], name="catalog_former_address_of"),
        ),
        migrations.AddConstraint(
            model_name="formeraddress",
            constraint=models.UniqueConstraint(
                fields=("business", "kind", "slug"), name="catalog_former_address_unique"
            ),
        ),
        migrations.AddConstraint(
            model_name="formeraddress",
            constraint=models.CheckConstraint(
                condition=models.Q(("kind__in", ("product", "category", "collection", "brand"))),
                name="catalog_former_address_kind",
            ),
        ),
    ]
