"""A store may take no orders for a while, and says so in its own words."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("businesses", "0008_display_rates"),
    ]

    operations = [
        migrations.AddField(
            model_name="business",
            name="orders_closed",
            field=models.BooleanField(
                db_default=False, default=False, verbose_name="takes no orders right now"
            ),
        ),
        migrations.AddField(
            model_name="business",
            name="closed_words",
            field=models.CharField(
                blank=True, db_default="", max_length=300, verbose_name="what the store says meanwhile"
            ),
        ),
    ]
