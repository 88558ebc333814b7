"""What runs by the clock, for reading: the jobs serve all businesses, so none may change them."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.utils import formats
from django.utils.translation import gettext_lazy as _

from apps.platform.backoffice import nav
from apps.platform.backoffice.columns import format_moment, format_state
from apps.platform.backoffice.detail import Section
from apps.platform.backoffice.pages import page, render_page
from apps.platform.jobs.selectors import list_jobs


@page("jobs/", name="jobs", title=_("Scheduled jobs"), permission="platform.operate")
def jobs(request: HttpRequest) -> HttpResponse:
    """Each job with its rhythm and when it last ran."""
    section = Section(
        _("Jobs"),
        columns=[_("Job"), _("What it does"), _("Runs"), _("Last run"), _("Took"), _("Result"), _("Missed")],
        rows=[
            [
                job.name,
                job.does,
                job.every if job.is_on else format_state("off", _("Off"), ""),
                format_moment(job.last.slot if job.last else None) or _("Not yet"),
                format_took(job.took_seconds),
                format_state(job.last.state, job.last.get_state_display()) if job.last else "",
                job.missed,
            ]
            for job in list_jobs()
        ],
        align={6: "end"},
        empty=_("No job is known yet. They appear when the clock process has started once."),
    )
    return render_page(request, "backoffice/jobs.html", {"section": section})


def format_took(seconds: float | None) -> str:
    """A length of time as "0.3 s" or "4 min"; empty while it runs."""
    if seconds is None:
        return ""
    if seconds < 120:
        return str(_("%(seconds)s s") % {"seconds": formats.number_format(seconds, 1)})
    return str(_("%(minutes)d min") % {"minutes": seconds // 60})


nav.register(
    section="Settings",
    label=_("Scheduled jobs"),
    url="admin:jobs",
    under="admin:events",
    permission="platform.operate",
    icon="schedule",
    order=90,
)
nav.register(section="Today", label=_("Today"), url="admin:index", permission=None, icon="today", order=0)
