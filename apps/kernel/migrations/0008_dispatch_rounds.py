import django.contrib.postgres.fields
from django.db import migrations, models

import apps.kernel.clock


class Migration(migrations.Migration):
    dependencies = [
        ("kernel", "0007_moving_and_redacting"),
    ]

    operations = [
        migrations.AddField(
            model_name="delivery",
            name="is_suspect",
            field=models.BooleanField(db_default=False, default=False),
        ),
        migrations.CreateModel(
            name="DispatchRound",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                (
                    "delivery_ids",
                    django.contrib.postgres.fields.ArrayField(base_field=models.BigIntegerField(), size=None),
                ),
                ("is_alone", models.BooleanField()),
                ("begun_at", models.DateTimeField(default=apps.kernel.clock.now)),
            ],
        ),
        migrations.RunSQL(
            "ALTER TABLE kernel_dispatchround SET UNLOGGED", "ALTER TABLE kernel_dispatchround SET LOGGED"
        ),
    ]
