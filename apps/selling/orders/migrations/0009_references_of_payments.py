from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("orders", "0008_tender_of_payments"),
    ]

    operations = [
        migrations.AddField(
            model_name="orderpayment",
            name="reference",
            field=models.CharField(blank=True, max_length=120, verbose_name="reference"),
        ),
    ]
