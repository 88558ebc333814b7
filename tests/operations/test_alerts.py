"""Dashboards and alerts name metrics, labels and runbooks that exist."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from django.urls import get_resolver

from apps.kernel import metrics
from monidesk import gauges

ROOT = Path(__file__).resolve().parents[2]
BOARDS = sorted((ROOT / "deploy/grafana").glob("*.json"))
RULES: dict[str, Any] = yaml.safe_load((ROOT / "deploy/prometheus/alerts.yml").read_text())
ALERTS = [rule for group in RULES["groups"] for rule in group["rules"]]
NAME = re.compile(r"\bmonidesk_\w+")
MATCHER = re.compile(r"(\w+)(?:=~|!~|!=|=)\"([^\"]*)\"")


def known_names() -> set[str]:
    """What a scrape can show."""
    counted = {name for names in metrics.registry._collector_to_names.values() for name in names}
    return {name for name in counted if not name.endswith("_created")} | set(gauges.HELP)


def expressions() -> list[tuple[str, str]]:
    found = [(rule["alert"], rule["expr"]) for rule in ALERTS]
    for board in BOARDS:
        for panel in json.loads(board.read_text())["panels"]:
            found += [(f"{board.name}: {panel['title']}", target["expr"]) for target in panel["targets"]]
    return found


@pytest.mark.parametrize(("where", "expression"), expressions())
def test_every_named_metric_exists(where: str, expression: str) -> None:
    names = set(NAME.findall(expression))
    assert names or expression.startswith("up{"), f"{where} asks for nothing of ours"
    assert names <= known_names(), f"{where}: {names - known_names()} is counted nowhere"
    assert expression.count("(") == expression.count(")")
    assert expression.count("{") == expression.count("}")


def test_every_named_route_exists() -> None:
    routes = set(walk(get_resolver(), ""))
    for where, expression in expressions():
        for label, value in MATCHER.findall(expression):
            if label == "route":
                assert any(re.fullmatch(value, route) for route in routes), f"{where}: no route fits {value}"


def walk(resolver: Any, prefix: str) -> list[str]:
    found = []
    for pattern in resolver.url_patterns:
        if hasattr(pattern, "url_patterns"):
            inner = f"{prefix}{pattern.namespace}:" if pattern.namespace else prefix
            found += walk(pattern, inner)
        elif pattern.name:
            found.append(f"{prefix}{pattern.name}")
    return found


@pytest.mark.parametrize("rule", ALERTS, ids=lambda rule: rule["alert"])
def test_every_alert_is_whole_and_has_a_page_on_what_to_do(rule: dict[str, Any]) -> None:
    assert set(rule) <= {"alert", "expr", "for", "labels", "annotations"}
    assert rule["labels"]["severity"] in {"page", "ticket"}
    assert re.fullmatch(r"\d+[mh]", rule.get("for", "1m"))
    assert rule["annotations"]["summary"]
    file, _sign, anchor = rule["annotations"]["runbook"].partition("#")
    text = (ROOT / file).read_text()
    headings = {line.strip("# \n").lower() for line in text.splitlines() if line.startswith("#")}
    assert not anchor or anchor in headings, f"{file} has no heading {anchor}"
    assert rule["alert"].lower() in text.lower()


def test_what_is_critical_has_an_alert() -> None:
    wanted = {"CheckoutFails", "OutboxOld", "DeadLetters", "PaymentWebhooksRefused", "BeatSilent", "DiskFull"}
    assert wanted <= {rule["alert"] for rule in ALERTS}
    assert len({rule["alert"] for rule in ALERTS}) == len(ALERTS)


@pytest.mark.parametrize("board", BOARDS, ids=lambda board: board.name)
def test_a_dashboard_can_be_loaded(board: Path) -> None:
    content = json.loads(board.read_text())
    assert content["uid"].startswith("monidesk-")
    assert content["schemaVersion"] >= 30
    ids = [panel["id"] for panel in content["panels"]]
    assert len(set(ids)) == len(ids) > 3
    places = {(panel["gridPos"]["x"], panel["gridPos"]["y"]) for panel in content["panels"]}
    assert len(places) == len(ids), "two panels lie upon each other"
    assert {panel["datasource"]["uid"] for panel in content["panels"]} == {"${datasource}"}


def test_every_metric_is_described() -> None:
    text = (ROOT / "docs/operations.md").read_text()
    families = {metric._name for metric in metrics.registry._collector_to_names} | set(gauges.HELP)
    missing = {name for name in families if name not in text}
    assert not missing
