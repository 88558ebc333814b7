"""Whether a business shows its prices in other currencies besides, read with the business."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("businesses", "0007_tax_rounding_and_price_lists"),
    ]

    operations = [
        migrations.AddField(
            model_name="business",
            name="has_display_rates",
            field=models.BooleanField(db_default=False, default=False, editable=False),
        ),
    ]
