"""What runs by the clock, for reading: the jobs serve all businesses, so none may change them."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext_lazy as _
from django_celery_beat.models import PeriodicTask

from apps.platform.backoffice import nav
from apps.platform.backoffice.columns import format_moment, format_state
from apps.platform.backoffice.detail import Section
from apps.platform.backoffice.pages import page, render_page


@page("jobs/", name="jobs", title=_("Scheduled jobs"), permission="platform.operate")
def jobs(request: HttpRequest) -> HttpResponse:
    """Each job with its rhythm and when it last ran."""
    rows = PeriodicTask.objects.select_related("interval", "crontab", "solar", "clocked").order_by("name")
    section = Section(
        _("Jobs"),
        columns=[_("Job"), _("Runs"), _("Last run"), _("State")],
        rows=[
            [
                row.name,
                str(row.scheduler),
                format_moment(row.last_run_at) or _("Not yet"),
                format_state("on", _("On"), "good") if row.enabled else format_state("off", _("Off"), ""),
            ]
            for row in rows
        ],
        empty=_("No job is known yet. They appear when the clock process has started once."),
    )
    return render_page(request, "backoffice/jobs.html", {"section": section})


nav.register(
    section="Settings",
    label=_("Scheduled jobs"),
    url="admin:jobs",
    permission="platform.operate",
    icon="schedule",
    order=90,
)
nav.register(section="Today", label=_("Today"), url="admin:index", permission=None, icon="today", order=0)
