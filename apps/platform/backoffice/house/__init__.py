"""The house's own pages: business, team, roles, locations, e-mails, audit, events, scheduled jobs, secrets."""

from apps.platform.backoffice.house import (  # noqa: F401  (registers pages, lists and menu items)
    audit_trail,
    business,
    events,
    jobs,
    keys,
    locations,
    messages,
    preview,
    roles,
    secrets,
    switch,
    team,
)
