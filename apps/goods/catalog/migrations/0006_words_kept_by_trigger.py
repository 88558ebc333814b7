"""The words a product is found by are kept by triggers: they come from its category too, which a generated column
cannot read.
"""

import django.contrib.postgres.indexes
import django.contrib.postgres.search
import pgtrigger.compiler
import pgtrigger.migrations
from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("catalog", "0005_brands_from_vendors")]

    operations = [
        migrations.RemoveIndex(model_name="product", name="catalog_product_search"),
        migrations.RemoveField(model_name="product", name="search"),
        migrations.AddField(
            model_name="product",
            name="search",
            field=django.contrib.postgres.search.SearchVectorField(editable=False, null=True),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="category",
            trigger=pgtrigger.compiler.Trigger(
                name="keep_words",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    condition='WHEN (OLD."name" IS DISTINCT FROM (NEW."name") OR OLD."path" IS DISTINCT FROM (NEW."path"))',
                    func="\n    UPDATE catalog_product SET search = NULL\n     WHERE category_id IN (\n        SELECT id FROM catalog_category\n         WHERE business_id = NEW.business_id AND (id = NEW.id OR starts_with(path, NEW.path || '/')));\n    RETURN NULL;\n",
                    hash="8ff19a89b235c449f0abb8767962b2c694b9a574",
                    operation='UPDATE OF "name", "path"',
                    pgid="pgtrigger_keep_words_8c145",
                    table="catalog_category",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="product",
            trigger=pgtrigger.compiler.Trigger(
                name="keep_words",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    declare="DECLARE title text; branches text;",
                    func="\n    -- A new price saves the same words again: working them out anew would cost a millisecond for nothing.\n    IF TG_OP = 'UPDATE' AND NEW.search IS NOT NULL\n       AND (NEW.title, NEW.search_text, NEW.description_html, NEW.category_id)\n           IS NOT DISTINCT FROM (OLD.title, OLD.search_text, OLD.description_html, OLD.category_id) THEN\n        NEW.search := OLD.search;\n        RETURN NEW;\n    END IF;\n    title := regexp_replace(normalize(NEW.title, NFKD), '[\\u0300-\\u036F]', '', 'g');\n    IF NEW.category_id IS NOT NULL THEN\n        SELECT string_agg(regexp_replace(normalize(above.name, NFKD), '[\\u0300-\\u036F]', '', 'g'), ' ')\n          INTO branches\n          FROM catalog_category AS own\n          JOIN catalog_category AS above\n            ON above.business_id = own.business_id\n           AND (above.id = own.id OR starts_with(own.path, above.path || '/'))\n         WHERE own.id = NEW.category_id;\n    END IF;\n    NEW.search :=\n        setweight(to_tsvector('simple', title), 'A')\n        || setweight(to_tsvector('english', title), 'A')\n        || setweight(to_tsvector('simple', NEW.search_text), 'B')\n        || setweight(to_tsvector('simple', coalesce(branches, '')), 'C')\n        || setweight(to_tsvector('english', coalesce(branches, '')), 'C')\n        || setweight(\n               to_tsvector('english', left(regexp_replace(NEW.description_html, '<[^>]*>', ' ', 'g'), 20000)), 'D');\n    RETURN NEW;\n",
                    hash="4fd01991a4c0c44eef891343e91eb2d9ece39ee1",
                    operation='INSERT OR UPDATE OF "title", "search_text", "description_html", "category_id", "search"',
                    pgid="pgtrigger_keep_words_41ac5",
                    table="catalog_product",
                    when="BEFORE",
                ),
            ),
        ),
        # The trigger writes the words of what is there already.
        migrations.RunSQL("UPDATE catalog_product SET search = NULL", migrations.RunSQL.noop),
        migrations.AddIndex(
            model_name="product",
            index=django.contrib.postgres.indexes.GinIndex(
                fastupdate=False, fields=["business", "search"], name="catalog_product_search"
            ),
        ),
    ]
