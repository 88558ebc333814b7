"""Ending sessions: one, all others, all."""

from __future__ import annotations

from importlib import import_module

from allauth.usersessions.models import UserSession
from django.conf import settings
from django.utils.translation import gettext_lazy as _

from apps.kernel import audit, clock
from apps.kernel.actors import Actor
from apps.kernel.errors import NotFound
from apps.kernel.use_cases import use_case
from apps.platform.accounts.models import User


@use_case(audits="accounts.session_ended")
def end_session(actor: Actor, *, user: User, session_id: int) -> None:
    """Sign the person out of one place; raises `NotFound` for a session of somebody else."""
    session = UserSession.objects.filter(user=user, pk=session_id).first()
    if session is None:
        raise NotFound(_("This session has ended already."))
    _end(session)
    audit.record(actor, "accounts.session_ended", user, after={"device": session.user_agent[:120]})


@use_case(audits="accounts.sessions_ended")
def end_other_sessions(actor: Actor, *, user: User, keep: str) -> int:
    """Sign the person out everywhere but where the session's key is `keep`; returns how many ended."""
    others = list(UserSession.objects.filter(user=user).exclude(session_key=keep))
    for session in others:
        _end(session)
    if others:
        audit.record(actor, "accounts.sessions_ended", user, after={"sessions": len(others)})
    return len(others)


@use_case(audits="accounts.sessions_ended")
def end_all_sessions(actor: Actor, *, user: User) -> int:
    """Sign the person out everywhere; returns how many sessions ended."""
    count: int = end_other_sessions(actor, user=user, keep="")
    return count


@use_case(unaudited="when somebody was last seen; written with ordinary clicks")
def note_seen(actor: Actor, *, session_key: str) -> None:
    """Remember when a session was last used; called every few minutes, not with every request."""
    UserSession.objects.filter(session_key=session_key).update(last_seen_at=clock.now())


def _end(session: UserSession) -> None:
    store = import_module(settings.SESSION_ENGINE).SessionStore()
    store.delete(session.session_key)
    session.delete()
