"""The house keeps its rules, and each rule notices what it is there for."""

from __future__ import annotations

import pytest

from tests.architecture.house import list_broken
from tests.architecture.rules import RULES
from tests.architecture.source import Rule, Source, app_ranks


def samples(kind: str) -> list[object]:
    return [
        pytest.param(rule, path, text, id=f"{rule.name} {number}")
        for rule in RULES
        for number, (path, text) in enumerate(getattr(rule, kind))
    ]


@pytest.mark.parametrize(("rule", "path", "text"), samples("good"))
def test_a_rule_lets_good_code_pass(rule: Rule, path: str, text: str) -> None:
    assert rule.findings([Source(path, text)]) == []


@pytest.mark.parametrize(("rule", "path", "text"), samples("bad"))
def test_a_rule_finds_bad_code(rule: Rule, path: str, text: str) -> None:
    assert rule.findings([Source(path, text)]) != []


def test_every_rule_has_samples_of_both_kinds() -> None:
    assert [rule.name for rule in RULES if not rule.good or not rule.bad] == []


def test_the_order_of_apps_is_read_from_the_import_contracts() -> None:
    ranks = app_ranks()
    assert ranks["money.ledger"] > ranks["selling.orders"] > ranks["selling.payments"]
    assert ranks["selling.pricing"] > ranks["goods.inventory"] > ranks["goods.catalog"] > ranks["kernel"]
    assert ranks["goods.catalog"][0] == ranks["people.customers"][0]


def test_the_house_keeps_its_rules() -> None:
    assert list_broken() == []
