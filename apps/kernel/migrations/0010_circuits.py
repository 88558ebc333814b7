"""Companies that do not answer, counted for all processes together."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("kernel", "0009_remembered"),
    ]

    operations = [
        migrations.CreateModel(
            name="CircuitState",
            fields=[
                ("name", models.CharField(max_length=300, primary_key=True, serialize=False)),
                ("failures", models.PositiveIntegerField(default=0)),
                ("opened_at", models.DateTimeField(null=True)),
                ("open_until", models.DateTimeField(null=True)),
                ("changed_at", models.DateTimeField()),
            ],
            options={
                "indexes": [models.Index(fields=["changed_at"], name="circuit_changed")],
            },
        ),
        migrations.RunSQL(
            "ALTER TABLE kernel_circuitstate SET UNLOGGED", "ALTER TABLE kernel_circuitstate SET LOGGED"
        ),
    ]
