"""Liveness asks nobody; readiness asks all, and tells strangers nothing but yes or no."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from django.db import OperationalError
from django.db.migrations.recorder import MigrationRecorder
from django.test import Client
from django_celery_beat.models import PeriodicTask

from apps.kernel import clock
from monidesk import probes
from monidesk.celery import app
from monidesk.schedule import synchronise
from tests.owner import owners_rights

STRANGER = "203.0.114.9"


def fail() -> dict[str, Any]:
    raise OperationalError("connection to server at db.internal failed: password for monidesk")


def test_live_asks_nothing(client: Client) -> None:
    """No database mark: a query would fail the test."""
    response = client.get("/health/live", headers={"host": "10.0.0.7:8000"})  # a probe's own idea of our name
    assert (response.status_code, response.json()) == (200, {"status": "ok"})
    assert response["Cache-Control"] == "no-store"


def test_ready_tells_the_inside_what_was_checked(client: Client, db: None) -> None:
    body = client.get("/health/ready").json()
    assert body["status"] == "ok"
    assert set(body["checks"]) == {"database", "migrations", "broker", "beat", "disk"}
    assert body["checks"]["disk"]["free_bytes"] > 0


def test_ready_tells_strangers_yes_or_no(client: Client, db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    assert client.get("/health/ready", REMOTE_ADDR=STRANGER).json() == {"status": "ok"}
    monkeypatch.setitem(probes.CHECKS, "broker", fail)
    response = client.get("/health/ready", REMOTE_ADDR=STRANGER)
    assert (response.status_code, response.json()) == (503, {"status": "failing"})


@pytest.mark.parametrize("name", ["database", "migrations", "broker", "disk"])
def test_each_check_can_fail_it(client: Client, db: None, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.setitem(probes.CHECKS, name, fail)
    response = client.get("/health/ready")
    assert response.status_code == 503
    assert response.json()["checks"][name] == {"ok": False, "detail": "OperationalError"}
    assert "internal" not in response.content.decode()


def test_a_missing_migration_and_a_full_disk_are_seen(
    client: Client, db: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(probes, "_migrated", False)
    monkeypatch.setattr(probes, "LEAST_DISK_BYTES", 2**60)
    with owners_rights():
        MigrationRecorder.Migration.objects.filter(app="sessions").delete()
    checks = client.get("/health/ready").json()["checks"]
    assert checks["migrations"]["detail"] == "1 not applied"
    assert not checks["disk"]["ok"]


def test_a_broker_that_is_away_is_seen(client: Client, db: None, settings: Any) -> None:
    before, app.conf.broker_write_url = app.conf.broker_write_url, "redis://127.0.0.1:1/0"
    try:
        settings.CELERY_BROKER_URL = "redis://127.0.0.1:1/0"
        assert not client.get("/health/ready").json()["checks"]["broker"]["ok"]
    finally:
        app.conf.broker_write_url = before


def test_a_silent_scheduler_is_told_and_no_reason_to_stop_serving(client: Client, db: None) -> None:
    synchronise()
    PeriodicTask.objects.update(last_run_at=clock.now() - dt.timedelta(hours=1))
    response = client.get("/health/ready")
    assert response.status_code == 200
    assert response.json()["checks"]["beat"]["silent_seconds"] > 3590
