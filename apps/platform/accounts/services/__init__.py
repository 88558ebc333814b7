"""Every write of the accounts context, one subject a file. What a person may do is not decided here."""

from apps.platform.accounts.services.activity import note_event, note_stranger, register_audience
from apps.platform.accounts.services.authenticating import (
    Authenticated,
    SecondFactorNeeded,
    SignInLocked,
    SignInRefused,
    authenticate_person,
)
from apps.platform.accounts.services.guarding import unlock_person
from apps.platform.accounts.services.profile import change_profile, confirm_address, set_person_status
from apps.platform.accounts.services.registering import complete_user, register_user
from apps.platform.accounts.services.second_factor import reset_second_factor
from apps.platform.accounts.services.sessions import end_all_sessions, end_other_sessions, end_session

__all__ = [
    "Authenticated",
    "SecondFactorNeeded",
    "SignInLocked",
    "SignInRefused",
    "authenticate_person",
    "change_profile",
    "complete_user",
    "confirm_address",
    "end_all_sessions",
    "end_other_sessions",
    "end_session",
    "note_event",
    "note_stranger",
    "register_audience",
    "register_user",
    "reset_second_factor",
    "set_person_status",
    "unlock_person",
]
