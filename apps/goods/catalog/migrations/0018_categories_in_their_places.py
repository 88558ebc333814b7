"""Where each category stands in its tree. What was counted at the making of a category was shown nowhere: everything
keeps the order it was shown in, by address, until somebody orders it.
"""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("catalog", "0017_words_of_shelves")]

    operations = [
        migrations.AddField(
            model_name="category",
            name="place",
            field=models.CharField(
                db_collation="C", db_default="", default="", editable=False, max_length=1100
            ),
        ),
        migrations.RunSQL(
            "UPDATE catalog_category SET position = 0, place = '00000' || replace(path, '/', ' 00000')",
            migrations.RunSQL.noop,
        ),
        migrations.AlterModelOptions(
            name="category",
            options={
                "ordering": ("place", "path"),
                "verbose_name": "category",
                "verbose_name_plural": "categories",
            },
        ),
    ]
