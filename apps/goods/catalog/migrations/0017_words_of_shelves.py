"""Words of categories, brands and collections for the store and for search engines."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("catalog", "0016_variant_sides"),
    ]

    operations = [
        migrations.AddField(
            model_name="category",
            name="description",
            field=models.TextField(
                blank=True, db_default="", default="", max_length=2000, verbose_name="description"
            ),
        ),
        migrations.AddField(
            model_name="brand",
            name="seo_title",
            field=models.CharField(
                blank=True, db_default="", default="", max_length=255, verbose_name="title for search engines"
            ),
        ),
        migrations.AddField(
            model_name="brand",
            name="seo_description",
            field=models.CharField(
                blank=True,
                db_default="",
                default="",
                max_length=500,
                verbose_name="description for search engines",
            ),
        ),
        migrations.AddField(
            model_name="category",
            name="seo_title",
            field=models.CharField(
                blank=True, db_default="", default="", max_length=255, verbose_name="title for search engines"
            ),
        ),
        migrations.AddField(
            model_name="category",
            name="seo_description",
            field=models.CharField(
                blank=True,
                db_default="",
                default="",
                max_length=500,
                verbose_name="description for search engines",
            ),
        ),
        migrations.AddField(
            model_name="collection",
            name="seo_title",
            field=models.CharField(
                blank=True, db_default="", default="", max_length=255, verbose_name="title for search engines"
            ),
        ),
        migrations.AddField(
            model_name="collection",
            name="seo_description",
            field=models.CharField(
                blank=True,
                db_default="",
                default="",
                max_length=500,
                verbose_name="description for search engines",
            ),
        ),
    ]
