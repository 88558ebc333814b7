"""Nothing sensitive happens unseen: every service says what it enters in the audit chain, and the source bears it out.

What a service enters while the other tests run is checked as well: see `audited_as_declared` in tests/conftest.py.
"""

from __future__ import annotations

from fnmatch import fnmatchcase
from typing import Any

import pytest

from apps.kernel import audit
from apps.kernel.actors import Actor
from apps.kernel.audit_coverage import SENSITIVE
from apps.kernel.use_cases import use_case

from .audit_reach import all_actions, is_made, own_actions, services

# Made without a service: the kernel writes it when a person crosses tenants.
BY_THE_KERNEL = {"platform.crossing"}
DECLARED = {action for service in services().values() for action in service.audits}


def faults(service: Any) -> list[str]:
    """What is wrong with what a service says of its entries."""
    declared, own, reachable = set(service.audits), own_actions(service), all_actions(service)
    found = []
    if bool(declared) == bool(service.unaudited):
        found.append("name the entries in `audits`, or say in `unaudited` why there are none")
    found += [
        f"{action} is declared, and nothing it calls enters it"
        for action in declared
        if not any(is_made(action, made) for made in reachable)
    ]
    found += [
        f"{made} is entered and not declared"
        for made in own
        if not any(is_made(action, made) for action in declared)
    ]
    return found


def test_all_services_are_looked_at() -> None:
    names = services()
    assert len(names) > 180
    assert "selling.orders.services.refunding.refund_order" in names


@pytest.mark.parametrize("name", sorted(services()))
def test_a_service_enters_what_it_says(name: str) -> None:
    assert faults(services()[name]) == []


def test_a_service_that_says_nothing_or_too_much_is_found() -> None:
    @use_case()
    def says_nothing(actor: Actor) -> None: ...

    @use_case(audits="probe.never", unaudited="a reason beside an entry")
    def says_both(actor: Actor) -> None: ...

    assert len(faults(says_nothing)) == 1
    assert len(faults(says_both)) == 2


@use_case(audits="probe.other")
def enters_another(actor: Actor) -> None:
    """A service whose declaration is wrong."""
    _enter(actor, "probe.real")


def _enter(actor: Actor, action: str) -> None:
    audit.record(actor, action)


def test_an_entry_that_is_not_declared_is_found_also_in_a_helper(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_enter, "__module__", "apps.pretended")
    monkeypatch.setattr("tests.kernel.audit_reach._tree", _own_tree)
    assert faults(enters_another) == [
        "probe.other is declared, and nothing it calls enters it",
        "probe.real is entered and not declared",
    ]


def _own_tree(function: Any) -> Any:
    import ast
    import inspect
    import textwrap

    return ast.parse(textwrap.dedent(inspect.getsource(function)))


@pytest.mark.parametrize("subject", sorted(SENSITIVE))
def test_a_sensitive_subject_is_entered_by_a_service(subject: str) -> None:
    for pattern in SENSITIVE[subject].actions:
        assert [action for action in DECLARED | BY_THE_KERNEL if fnmatchcase(action, pattern)], pattern


def test_every_entry_belongs_to_a_subject() -> None:
    patterns = [pattern for subject in SENSITIVE.values() for pattern in subject.actions]
    lost = [action for action in DECLARED if not any(fnmatchcase(action, pattern) for pattern in patterns)]
    assert lost == [], "name a subject for it in apps/kernel/audit_coverage.py"


@pytest.mark.parametrize(
    "name",
    [
        "goods.catalog.services.variants.set_price",
        "selling.orders.services.refunding.refund_order",
        "platform.businesses.services.roles.change_role",
        "platform.businesses.services.settings.change_settings",
        "goods.inventory.services.adjusting.adjust_stock",
        "goods.catalog.services.products.create_product",
        "goods.catalog.services.products.update_product",
        "goods.catalog.services.publishing.archive_product",
        "selling.payments.services.facts.record_fact",
        "platform.vault.services.keeping.keep_secret",
        "platform.access.services.keys.create_key",
        "platform.businesses.services.impersonating.start_impersonation",
        "platform.accounts.services.activity._enter",
    ],
)
def test_what_must_be_entered_cannot_become_silent(name: str) -> None:
    service = services()[name]
    assert service.audits
    assert not service.unaudited
