"""The house's own pages: business, team, roles, locations, messages, audit, events, jobs, secrets, one's account."""

from apps.platform.backoffice.house import (  # noqa: F401  (registers pages, lists and menu items)
    alerts,
    business,
    channels,
    events,
    jobs,
    keys,
    locations,
    messages,
    my_account,
    my_pin,
    preview,
    roles,
    saved_views,
    secrets,
    sign_in,
    stopped,
    switch,
    team,
    wording,
)
