"""Drafts whose time has come: published on behalf of who scheduled them, or put aside with the reason."""

from __future__ import annotations

import datetime as dt
from uuid import UUID

from django.utils.translation import gettext as _

from apps.goods.catalog.models import ProductDraft
from apps.goods.catalog.services.product_drafts import lock_draft, may_publish, publish_draft
from apps.kernel import audit, clock
from apps.kernel.actors import Actor
from apps.kernel.errors import DomainError, NotFound, PermissionRefused
from apps.kernel.tenancy import require_business_id
from apps.kernel.use_cases import use_case
from apps.platform.accounts.models import User
from apps.platform.businesses.selectors import actor_for

State = ProductDraft.State
# What breaks on our side is tried again after these times; then it waits for a person.
TRY_AGAIN = (
    dt.timedelta(minutes=1),
    dt.timedelta(minutes=5),
    dt.timedelta(minutes=30),
    dt.timedelta(hours=2),
)


@use_case(audits="products.draft_stopped")
def stop_draft(actor: Actor, *, draft_id: UUID, problem: str) -> ProductDraft:
    """Its time came and it could not be published: say why, for a person to decide."""
    draft, _product = lock_draft(draft_id)
    draft.state, draft.problem, draft.try_again_at = State.STOPPED, problem[:500], None
    draft.save()
    audit.record(actor, "products.draft_stopped", draft, reason=problem[:500])
    return draft


@use_case(audits="products.draft_stopped")
def put_off_draft(actor: Actor, *, draft_id: UUID, error: str) -> ProductDraft:
    """Publishing broke on our side: try again later, ever later, and at last leave it to a person."""
    draft, _product = lock_draft(draft_id)
    if draft.state != State.SCHEDULED:
        return draft
    draft.failures += 1
    facts = {"error": error, "count": draft.failures}
    if draft.failures > len(TRY_AGAIN):
        draft.state, draft.try_again_at = State.STOPPED, None
        said = _("It broke %(count)s times on our side (%(error)s). Publish it by hand, or tell us.") % facts
        audit.record(actor, "products.draft_stopped", draft, reason=said[:500])
    else:
        draft.try_again_at = clock.now() + TRY_AGAIN[draft.failures - 1]
        said = _("It broke on our side (%(error)s) and is tried again by itself.") % facts
    draft.problem = said[:500]
    draft.save()
    return draft


def publish_due_draft(actor: Actor, *, draft_id: UUID) -> bool:
    """Publish a draft whose time has come, on behalf of who scheduled it; False when something is in the way.

    Who scheduled it must still be allowed to: whoever left, or lost the right, publishes nothing any more.
    """
    draft = ProductDraft.objects.filter(
        pk=draft_id, state=State.SCHEDULED, publish_at__lte=clock.now()
    ).first()
    if draft is None:
        return False
    try:
        _check_scheduler(draft)
        publish_draft(actor, draft_id=draft_id, on_behalf_of=draft.scheduled_by)
    except DomainError as error:
        said = [str(text) for texts in error.fields.values() for text in texts]
        stop_draft(actor, draft_id=draft_id, problem=" ".join(said) or str(error.message))
        return False
    return True


def _check_scheduler(draft: ProductDraft) -> None:
    if draft.scheduled_by_id is None:
        return
    user = User.objects.filter(pk=draft.scheduled_by_id, is_active=True).first()
    try:
        if user is None:
            raise NotFound()
        person = actor_for(user, require_business_id())
        person.require("products.publish")
        may_publish(person, draft)
    except (NotFound, PermissionRefused) as error:
        raise PermissionRefused(
            _("%(who)s scheduled it and may not publish it any more.") % {"who": draft.scheduled_by},
            code="scheduler_may_not",
        ) from error
