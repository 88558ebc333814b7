"""What machines ask of the web: /metrics, /health/live, /health/ready.

They are answered before sessions, hosts and redirects: a probe comes by an address of the inside, over plain HTTP.
Strangers learn whether the house stands, and nothing else.
"""

from __future__ import annotations

import hmac
import ipaddress
import shutil
from collections.abc import Callable, Iterator
from typing import Any

from django.conf import settings
from django.db import connection
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.urls import Resolver404, path, resolve
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest
from prometheus_client.multiprocess import MultiProcessCollector

from apps.kernel import metrics as counted
from monidesk import metrics_files
from monidesk.gauges import GaugeCollector, beat_age

_FORWARDED = ("HTTP_X_FORWARDED_FOR", "HTTP_FORWARDED", "HTTP_X_REAL_IP", "HTTP_VIA")
LEAST_DISK_BYTES = 200 * 1024 * 1024


class _CountedTogether:
    """What the processes of all servers on this machine have counted."""

    def collect(self) -> Iterator[Any]:
        yield from MultiProcessCollector.merge(metrics_files.files())  # type: ignore[no-untyped-call]


def is_trusted(request: HttpRequest) -> bool:
    """Whether details may be told: to who has METRICS_TOKEN, to this machine and, without a token, to its network.

    A proxy has a private address too, so what came through one is nobody's neighbour.
    """
    token = settings.METRICS_TOKEN
    kind, _space, given = request.headers.get("Authorization", "").partition(" ")
    if token and kind.lower() == "bearer" and hmac.compare_digest(given.strip().encode(), token.encode()):
        return True
    if any(request.META.get(name) for name in _FORWARDED):
        return False
    try:
        address = ipaddress.ip_address(request.META.get("REMOTE_ADDR") or "127.0.0.1")
    except ValueError:
        return False
    return address.is_loopback or (not token and address.is_private)


def metrics(request: HttpRequest) -> HttpResponse:
    """Everything that is counted, and the gauges; for strangers there is no such page."""
    if not is_trusted(request):
        raise Http404
    both = CollectorRegistry(auto_describe=False)
    both.register(_CountedTogether() if metrics_files.is_shared() else counted.registry)
    both.register(GaugeCollector())
    return HttpResponse(generate_latest(both), content_type=CONTENT_TYPE_LATEST)


def live(request: HttpRequest) -> JsonResponse:
    """The process answers. Asks nothing of anybody: a database that is away is no reason to end the web."""
    return _never_kept(JsonResponse({"status": "ok"}))


def ready(request: HttpRequest) -> JsonResponse:
    """Whether requests may be sent here: 200 or 503; what is missing is told to the inside only."""
    checks: dict[str, dict[str, Any]] = {}
    for name, check in CHECKS.items():
        # Without a database the others would each wait for it in turn.
        if not checks.get("database", {"ok": True})["ok"] and name != "disk":
            checks[name] = {"ok": False, "detail": "not asked"}
            continue
        try:
            checks[name] = check()
        except Exception as error:
            checks[name] = {"ok": False, "detail": type(error).__name__}
    is_ready = all(one["ok"] for one in checks.values())
    body: dict[str, Any] = {"status": "ok" if is_ready else "failing"}
    if is_trusted(request):
        body["checks"] = checks
    return _never_kept(JsonResponse(body, status=200 if is_ready else 503))


def check_database() -> dict[str, Any]:
    """It answers a statement."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    return {"ok": True}


_migrated = False


def check_migrations() -> dict[str, Any]:
    """Every migration of this code is applied. Looked up until it is so: it does not become untrue again."""
    global _migrated
    if not _migrated:
        from django.db.migrations.executor import MigrationExecutor

        executor = MigrationExecutor(connection)
        missing = [str(step) for step, _back in executor.migration_plan(executor.loader.graph.leaf_nodes())]
        if missing:
            return {"ok": False, "detail": f"{len(missing)} not applied", "first": missing[0]}
        _migrated = True
    return {"ok": True}


def check_broker() -> dict[str, Any]:
    """The queue takes tasks."""
    if settings.CELERY_BROKER_URL.startswith("pgmq"):
        with connection.cursor() as cursor:
            cursor.execute("SELECT to_regclass('pgmq.q_celery') IS NOT NULL")
            (found,) = cursor.fetchone()
        return {"ok": bool(found)} if found else {"ok": False, "detail": "the queue's tables are missing"}
    from monidesk.celery import app

    with app.connection_for_write(connect_timeout=2) as broker:
        broker.ensure_connection(max_retries=1, timeout=2)
    return {"ok": True}


def check_beat() -> dict[str, Any]:
    """For information: a web without a scheduler still serves."""
    age = beat_age()
    return {"ok": True, "silent_seconds": None if age is None else round(age, 1)}


def check_disk() -> dict[str, Any]:
    """Room for files, and for the database when it lives here."""
    free = shutil.disk_usage(settings.VAR_DIR if settings.VAR_DIR.exists() else settings.BASE_DIR).free
    return {"ok": free >= LEAST_DISK_BYTES, "free_bytes": free}


CHECKS: dict[str, Callable[[], dict[str, Any]]] = {
    "database": check_database,
    "migrations": check_migrations,
    "broker": check_broker,
    "beat": check_beat,
    "disk": check_disk,
}
urlpatterns = [
    path("metrics", metrics, name="metrics"),
    path("health/live", live, name="health_live"),
    path("health/ready", ready, name="health_ready"),
]


class ProbeMiddleware:
    """Answers probes where they come in."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.path_info == "/metrics" or request.path_info.startswith("/health/"):
            try:
                match = resolve(request.path_info)
            except Resolver404:
                return self.get_response(request)
            request.resolver_match = match
            try:
                return match.func(request)  # type: ignore[no-any-return]
            except Http404:
                return HttpResponse("Not found\n", status=404, content_type="text/plain")
        return self.get_response(request)


def _never_kept(response: JsonResponse) -> JsonResponse:
    response["Cache-Control"] = "no-store"
    return response
