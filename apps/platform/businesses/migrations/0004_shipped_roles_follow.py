import django.contrib.postgres.fields
from django.db import migrations, models

# A role that was saved on its page has no patterns any more. Two were shipped without patterns: they count as
# unchanged when they are what was shipped. What a changed role lacks is offered once; nothing is given or taken here.
CHANGED = """
    UPDATE businesses_role SET is_changed = true, offered = permissions
    WHERE is_shipped AND code <> 'owner' AND array_to_string(permissions, ',') NOT LIKE '%*%'
    AND NOT (code = 'buyer'
        AND permissions @> ARRAY['stock.receive', 'imports.read', 'products.read', 'stock.read', 'shipping.read',
            'business.read', 'locations.read']::varchar[]
        AND cardinality(permissions) = 7)
    AND NOT (code = 'marketer'
        AND permissions @> ARRAY['products.read', 'products.change', 'products.arrange', 'products.publish',
            'customers.read', 'orders.read', 'stock.read', 'shipping.read', 'business.read', 'locations.read']::varchar[]
        AND cardinality(permissions) = 10)
"""


class Migration(migrations.Migration):
    dependencies = [
        ("businesses", "0003_own_customers_only"),
    ]

    operations = [
        migrations.AddField(
            model_name="role",
            name="is_changed",
            field=models.BooleanField(default=False, verbose_name="changed by the business"),
        ),
        migrations.AddField(
            model_name="role",
            name="offered",
            field=django.contrib.postgres.fields.ArrayField(
                base_field=models.CharField(max_length=80),
                default=list,
                size=None,
                verbose_name="known permissions",
            ),
        ),
        migrations.RunSQL(CHANGED, migrations.RunSQL.noop),
    ]
