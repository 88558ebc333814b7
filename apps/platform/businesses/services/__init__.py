"""Every write of the businesses context, one subject a file."""

from apps.platform.businesses.services.following import follow_product
from apps.platform.businesses.services.locations import add_location, change_location, ensure_transit_location
from apps.platform.businesses.services.roles import (
    add_role,
    change_role,
    copy_role,
    copy_with_role,
    delete_role,
    review_role,
)
from apps.platform.businesses.services.settings import change_settings, note_feature
from apps.platform.businesses.services.signing_up import create_business, sign_up
from apps.platform.businesses.services.team import (
    accept_invitation,
    add_member,
    invite_member,
    leave_business,
    reactivate_member,
    remove_member,
    resend_invitation,
    set_member_reach,
    set_role,
    suspend_member,
)

__all__ = [
    "accept_invitation",
    "add_location",
    "add_member",
    "add_role",
    "change_location",
    "change_role",
    "change_settings",
    "copy_role",
    "copy_with_role",
    "create_business",
    "delete_role",
    "ensure_transit_location",
    "follow_product",
    "invite_member",
    "leave_business",
    "note_feature",
    "reactivate_member",
    "remove_member",
    "resend_invitation",
    "review_role",
    "set_member_reach",
    "set_role",
    "sign_up",
    "suspend_member",
]
