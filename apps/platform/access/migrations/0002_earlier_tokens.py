"""Drop the tables of the library that kept refresh tokens before; its tokens are not believed any more."""

from __future__ import annotations

from django.db import migrations

DROP = """
    DROP TABLE IF EXISTS token_blacklist_blacklistedtoken;
    DROP TABLE IF EXISTS token_blacklist_outstandingtoken;
    DELETE FROM django_migrations WHERE app = 'token_blacklist';
"""


class Migration(migrations.Migration):
    dependencies = [("access", "0001_initial")]

    # Backwards there is nothing to bring back: the rows held tokens that had ended.
    operations = [migrations.RunSQL(DROP, migrations.RunSQL.noop)]
