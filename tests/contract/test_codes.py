"""The table of error codes is the code's own."""

from __future__ import annotations

from pathlib import Path

from django.conf import settings

from apps.platform.api.codes import list_codes
from apps.platform.api.management.commands.error_codes import with_table


def test_the_documents_table_is_the_codes() -> None:
    text = (Path(settings.BASE_DIR) / "docs" / "api.md").read_text()
    assert text == with_table(text), "Run `make contract` and read the difference."


def test_codes_that_services_give_are_found() -> None:
    codes = {code.code: code.status for code in list_codes()}
    expected = {
        "token_reused": 401,
        "last_owner": 409,
        "grant_beyond_own": 403,
        "idempotency_key_required": 400,
    }
    assert expected.items() <= codes.items()
    assert all(code.says for code in list_codes())
