"""Background work, for who runs the platform: the schedule with its switches, and tasks that died."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from apps.kernel.errors import DomainError
from apps.platform.accounts.two_step import must_prove_again
from apps.platform.backoffice.house.jobs import format_took
from apps.platform.backoffice.platform_area.views import admin_of, for_platform, platform_actor
from apps.platform.jobs.models import DeadTask
from apps.platform.jobs.selectors import does_of, list_dead_tasks, list_jobs
from apps.platform.jobs.services import discard_dead_task, retry_dead_task, run_job_now, switch_job


@for_platform
@require_http_methods(["GET"])
def schedule(request: HttpRequest) -> HttpResponse:
    """Each job: what it does, its rhythm, how it went, and what comes next."""
    rows = [(job, format_took(job.took_seconds)) for job in list_jobs()]
    return render(request, "platform/schedule.html", {"rows": rows})


@for_platform
@require_POST
def change_job(request: HttpRequest, job_id: int, verb: str) -> HttpResponse:
    """Switch a job off or on, or carry it out now."""
    actor, admin = platform_actor(request), admin_of(request)
    verbs: dict[str, tuple[Callable[[], Any], str]] = {
        "off": (
            lambda: switch_job(actor, admin=admin, job_id=job_id, on=False),
            _("The job is switched off."),
        ),
        "on": (lambda: switch_job(actor, admin=admin, job_id=job_id, on=True), _("The job is switched on.")),
        "run": (
            lambda: run_job_now(actor, admin=admin, job_id=job_id),
            _("The job is on its way to a worker."),
        ),
    }
    return _do(request, verbs.get(verb), "platform_schedule")


@for_platform
@require_http_methods(["GET"])
def dead_tasks(request: HttpRequest) -> HttpResponse:
    """Tasks that nobody carries out any more by themselves, with their causes."""
    wanted = request.GET.get("state", DeadTask.State.OPEN)
    state = wanted if wanted in DeadTask.State.values else str(DeadTask.State.OPEN)
    rows = [
        (dead, does_of(dead.task), json.dumps([dead.args, dead.kwargs], ensure_ascii=False))
        for dead in list_dead_tasks(state)
    ]
    return render(
        request, "platform/dead_tasks.html", {"rows": rows, "state": state, "states": DeadTask.State.choices}
    )


@for_platform
@require_POST
def settle_task(request: HttpRequest, dead_id: UUID, verb: str) -> HttpResponse:
    """Send a dead task again, or discard it."""
    actor, admin = platform_actor(request), admin_of(request)
    verbs: dict[str, tuple[Callable[[], Any], str]] = {
        "retry": (lambda: retry_dead_task(actor, admin=admin, dead_id=dead_id), _("The task is sent again.")),
        "discard": (
            lambda: discard_dead_task(actor, admin=admin, dead_id=dead_id),
            _("The task is discarded."),
        ),
    }
    return _do(request, verbs.get(verb), "platform_tasks")


def _do(request: HttpRequest, verb: tuple[Callable[[], Any], str] | None, page: str) -> HttpResponse:
    if verb is None:
        raise Http404
    back = reverse(page)
    if must_prove_again(request):
        return HttpResponseRedirect(f"{reverse('account_reauthenticate')}?next={back}")
    act, said = verb
    try:
        act()
    except DomainError as error:
        messages.error(request, f"{error} {error.remedy}".strip())
    else:
        messages.success(request, said)
    return HttpResponseRedirect(back)
