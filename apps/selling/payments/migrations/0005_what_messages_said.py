from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("payments", "0004_disputes")]

    operations = [
        migrations.AddField(
            model_name="webhookreceipt",
            name="fact",
            field=models.TextField(blank=True, db_default="", default=""),
        ),
        migrations.AddField(
            model_name="webhookreceipt",
            name="replayed_at",
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.AddIndex(
            model_name="webhookreceipt",
            index=models.Index(fields=["business", "-received_at", "-id"], name="receipt_recent"),
        ),
        migrations.AddIndex(
            model_name="webhookreceipt",
            index=models.Index(
                condition=models.Q(("outcome", "attention")),
                fields=["business", "-received_at", "-id"],
                name="receipt_waiting",
            ),
        ),
    ]
