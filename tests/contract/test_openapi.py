"""The contract with partners: what the API promises changes only on purpose.

After a change that is meant: `make contract` (python manage.py spectacular --file tests/contract/openapi.yaml).
"""

from __future__ import annotations

import difflib
from pathlib import Path
from typing import Any

import pytest
import yaml
from drf_spectacular.drainage import GENERATOR_STATS
from drf_spectacular.renderers import OpenApiYamlRenderer
from drf_spectacular.validation import validate_schema

from apps.platform.api.schema import ApiSchemaGenerator

KEPT = Path(__file__).with_name("openapi.yaml")


@pytest.fixture(scope="module")
def schema() -> dict[str, Any]:
    GENERATOR_STATS.reset()
    made: dict[str, Any] = ApiSchemaGenerator().get_schema(request=None, public=True)
    return made


def test_the_document_is_the_one_that_was_promised(schema: dict[str, Any]) -> None:
    now = OpenApiYamlRenderer().render(schema, renderer_context={}).decode()
    kept = KEPT.read_text(encoding="utf-8")
    if now.strip() != kept.strip():
        lines = difflib.unified_diff(kept.splitlines(), now.splitlines(), "promised", "now", n=2, lineterm="")
        change = "\n".join(list(lines)[:120])
        pytest.fail(
            f"The API's contract changed. If that is meant, run `make contract`.\n{change}", pytrace=False
        )


def test_the_document_is_valid_and_was_made_without_a_guess(schema: dict[str, Any]) -> None:
    validate_schema(schema)
    assert not GENERATOR_STATS, "spectacular had to guess: run manage.py spectacular --fail-on-warn"


def operations(schema: dict[str, Any]) -> list[tuple[str, str, dict[str, Any]]]:
    return [
        (path, method, operation)
        for path, item in schema["paths"].items()
        for method, operation in item.items()
    ]


def test_every_operation_declares_its_problems(schema: dict[str, Any]) -> None:
    for path, method, operation in operations(schema):
        if path.endswith("/schema/"):
            continue
        refusals = {code: answer for code, answer in operation["responses"].items() if code[0] in "45"}
        assert {"400", "404", "429"} <= set(refusals), (method, path)
        assert all("application/problem+json" in answer["content"] for answer in refusals.values()), (
            method,
            path,
        )


def test_signing_in_is_declared_everywhere_but_in_the_store(schema: dict[str, Any]) -> None:
    assert schema["components"]["securitySchemes"]["bearer"]["scheme"] == "bearer"
    for path, method, operation in operations(schema):
        is_open = path.startswith(("/api/v1/stores/", "/api/v1/auth/", "/api/v1/schema/"))
        assert bool(operation.get("security")) != is_open, (method, path)


def test_actions_that_move_money_declare_their_key(schema: dict[str, Any]) -> None:
    for path in ("/api/v1/orders/{id}/refund/", "/api/v1/stores/{store}/checkout/"):
        header = next(
            p for p in schema["paths"][path]["post"]["parameters"] if p["name"] == "Idempotency-Key"
        )
        assert header["required"] is True


def test_the_file_can_be_read_by_others() -> None:
    kept = yaml.safe_load(KEPT.read_text(encoding="utf-8"))
    assert kept["openapi"].startswith("3.")
    assert kept["info"]["title"] == "MoniDesk API"
