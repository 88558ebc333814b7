"""Says of each payment by which tender it came; all that came before came through a payment company."""

from __future__ import annotations

from typing import ClassVar

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies: ClassVar = [
        ("orders", "0007_freeze_discounts_and_taxes"),
    ]

    operations: ClassVar = [
        migrations.AddField(
            model_name="orderpayment",
            name="tender",
            field=models.CharField(
                choices=[
                    ("provider", "Payment company"),
                    ("cash", "Cash"),
                    ("bank", "Bank transfer"),
                    ("store_credit", "Store credit"),
                    ("gift_card", "Gift card"),
                ],
                default="provider",
                max_length=16,
                verbose_name="paid by",
            ),
        ),
    ]
