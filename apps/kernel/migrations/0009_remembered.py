from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("kernel", "0008_dispatch_rounds"),
    ]

    operations = [
        migrations.CreateModel(
            name="Remembered",
            fields=[
                ("key", models.CharField(max_length=64, primary_key=True, serialize=False)),
                ("value", models.JSONField(null=True)),
                ("ends_at", models.DateTimeField(null=True)),
            ],
            options={
                "indexes": [models.Index(fields=["ends_at"], name="remembered_ended")],
            },
        ),
        migrations.RunSQL(
            "ALTER TABLE kernel_remembered SET UNLOGGED", "ALTER TABLE kernel_remembered SET LOGGED"
        ),
    ]
