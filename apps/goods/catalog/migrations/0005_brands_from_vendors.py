"""Each vendor's name becomes a brand; spellings that differ in capitals are one. Backward the names stay."""

from collections import Counter

from django.db import migrations
from django.utils.text import slugify


def make_brands(apps, schema_editor):
    brand = apps.get_model("catalog", "Brand")._base_manager
    product = apps.get_model("catalog", "Product")._base_manager
    spellings = {}
    named = product.exclude(vendor_name="").order_by().values_list("business_id", "vendor_name")
    for business_id, name in named.iterator():
        spellings.setdefault((business_id, name.upper()), Counter())[name] += 1
    taken = set(brand.values_list("business_id", "slug"))
    for business_id, folded in sorted(spellings, key=str):
        counted = spellings[business_id, folded]
        name = max(sorted(counted), key=lambda spelling: counted[spelling])
        made = brand.filter(business_id=business_id, name__iexact=name).first()
        if made is None:
            base = slugify(name)[:200].strip("-") or "brand"
            slug = next(slug for slug in _numbered(base) if (business_id, slug) not in taken)
            taken.add((business_id, slug))
            made = brand.create(business_id=business_id, name=name, slug=slug)
        mine = product.filter(business_id=business_id, vendor_name__in=list(counted))
        mine.update(brand_id=made.pk, vendor_name=made.name)


def _numbered(base):
    yield base
    number = 2
    while True:
        yield f"{base}-{number}"
        number += 1


class Migration(migrations.Migration):
    dependencies = [("catalog", "0004_brands_and_collections")]
    operations = [migrations.RunPython(make_brands, migrations.RunPython.noop)]
