"""What must be true after any fault, asked of the database itself in plain SQL."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import time
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import psycopg

from .crowd import Purchase
from .house import ROOT, House, wait_until

_MESSAGE_KEY = re.compile(r"^X-Entity-Ref-ID: (\S+)$", re.MULTILINE)
_WAITING = "SELECT count(*) FROM kernel_delivery WHERE state = 'pending'"
_UNTOLD = "SELECT count(*) FROM sandboxpay_sandboxevent WHERE state = 'pending'"
_UNSENT = "SELECT count(*) FROM notifications_message WHERE state IN ('queued', 'sending')"

# What a killed worker held comes free after a while: a lease, a claim, a pause. The clock is put forward.
_TIME_PASSES = """
    UPDATE sandboxpay_sandboxevent SET leased_until = NULL, due_at = now() WHERE state = 'pending';
    UPDATE notifications_message SET claimed_at = claimed_at - interval '11 minutes' WHERE state = 'sending';
    UPDATE notifications_message SET due_at = now() WHERE state = 'queued';
    UPDATE kernel_delivery SET available_at = now() WHERE state = 'pending';
"""

# What a failed run is explained by.
_UNFINISHED = {
    "deliveries by state": "SELECT state, count(*), min(available_at), max(attempts) FROM kernel_delivery GROUP BY 1",
    "oldest deliveries that wait": """
        SELECT id, subscriber, owner, attempts, available_at - now(), right(last_error, 300) FROM kernel_delivery
        WHERE state = 'pending' ORDER BY id LIMIT 5""",
    "messages of the payment company": "SELECT state, count(*) FROM sandboxpay_sandboxevent GROUP BY 1",
    "mails": "SELECT state, count(*), min(due_at), min(claimed_at) FROM notifications_message GROUP BY 1",
    "task queue": """
        SELECT count(*), count(*) FILTER (WHERE vt > clock_timestamp()) AS taken, max(read_ct), min(enqueued_at)
        FROM pgmq.q_celery""",
    "tasks in it": """
        SELECT headers ->> 'task', count(*), max(read_ct), max(vt - clock_timestamp()) FROM pgmq.q_celery
        GROUP BY 1 ORDER BY 2 DESC LIMIT 8""",
    "runs of the last minutes": """
        SELECT job, state, count(*), max(claimed_at) FROM jobs_jobrun
        WHERE claimed_at > now() - interval '3 minutes' GROUP BY 1, 2 ORDER BY 1, 2""",
    "tasks that died": "SELECT task, kind, times, right(error, 300) FROM jobs_deadtask LIMIT 5",
    "sessions at the database": """
        SELECT application_name, state, wait_event_type, count(*) FROM pg_stat_activity
        WHERE datname = current_database() GROUP BY 1, 2, 3""",
}

# Each gives the rows that must not be there.
_NEVER = {
    "an event was parked": "SELECT id, subscriber, last_error FROM kernel_delivery WHERE state = 'dead'",
    "a later event of an owner came before an earlier one": """
        SELECT later.id, later.subscriber, later.owner FROM kernel_delivery later
        JOIN kernel_delivery earlier ON earlier.subscriber = later.subscriber AND earlier.owner = later.owner
            AND earlier.id < later.id AND earlier.done_at > later.done_at""",
    "two orders of one buyer": "SELECT email, count(*) FROM orders_order GROUP BY email HAVING count(*) > 1",
    # Orders may leave numbers out (ADR 6); what the books and the tax office read may not.
    "an order number given twice": """
        SELECT business_id, number, count(*) FROM orders_order
        GROUP BY business_id, number HAVING count(*) > 1""",
    "a gap in the journal's numbers": """
        SELECT business_id, count(*), max(number) FROM ledger_journalentry
        GROUP BY business_id HAVING count(*) <> max(number)""",
    "a gap in the numbers of documents": """
        SELECT business_id, kind, count(*), max(number) - min(number) + 1 FROM invoicing_document
        GROUP BY business_id, kind HAVING count(*) <> max(number) - min(number) + 1""",
    "an order without lines, or with stock promised twice or never": """
        SELECT o.number, count(DISTINCT l.id), coalesce(sum(r.quantity), 0) FROM orders_order o
        LEFT JOIN orders_orderline l ON l.order_id = o.id LEFT JOIN inventory_reservation r ON r.line_id = l.id
        GROUP BY o.id, o.number
        HAVING count(DISTINCT l.id) = 0 OR coalesce(sum(r.quantity), 0)
            <> (SELECT sum(quantity) FROM orders_orderline x WHERE x.order_id = o.id)""",
    "stock promised to nobody": """
        SELECT b.variant_id, b.reserved FROM inventory_stockbalance b WHERE b.reserved <> (
            SELECT coalesce(sum(r.quantity - r.consumed_quantity - r.released_quantity), 0)
            FROM inventory_reservation r WHERE r.variant_id = b.variant_id AND r.location_id = b.location_id)
            + (SELECT coalesce(sum(l.withheld), 0) FROM inventory_lotbalance l
               WHERE l.variant_id = b.variant_id AND l.location_id = b.location_id)""",
    "an order with several payments asked for": """
        SELECT owner_id, count(*) FROM payments_payment GROUP BY owner_id HAVING count(*) > 1""",
    "money taken that the company did not take, or twice": """
        SELECT p.reference, p.amount, p.captured_amount, count(c.id) FROM payments_payment p
        JOIN payments_paymentattempt a ON a.payment_id = p.id
        JOIN sandboxpay_sandboxsession s ON s.reference = a.id::text
        LEFT JOIN payments_capture c ON c.payment_id = p.id
        GROUP BY p.id, s.state HAVING count(c.id) <> CASE WHEN s.state = 'paid' THEN 1 ELSE 0 END""",
    "a capture that is not at its order once": """
        SELECT c.id, count(op.id) FROM payments_capture c LEFT JOIN orders_orderpayment op ON op.capture_id = c.id
        GROUP BY c.id HAVING count(op.id) <> 1""",
    "a capture that is not in the journal once": """
        SELECT c.id, count(e.id) FROM payments_capture c
        LEFT JOIN ledger_journalentry e ON e.source_type = 'capture' AND e.source_id = c.id
        GROUP BY c.id HAVING count(e.id) <> 1""",
    "a source with two journal entries": """
        SELECT source_type, source_id, source_kind FROM ledger_journalentry WHERE reverses_id IS NULL
        GROUP BY 1, 2, 3 HAVING count(*) > 1""",
    "an entry that does not balance": """
        SELECT entry_id, sum(debit), sum(credit) FROM ledger_journalline GROUP BY entry_id
        HAVING sum(debit) <> sum(credit)""",
    "two mails for one reason, or none": """
        SELECT o.number, why.template, count(m.id) FROM orders_order o
        CROSS JOIN (VALUES ('order_placed'), ('order_paid')) AS why(template)
        LEFT JOIN notifications_message m ON m."to" = o.email AND m.template = why.template
        GROUP BY o.id, o.number, why.template
        HAVING count(m.id) <> CASE WHEN why.template = 'order_placed' OR o.payment_state = 'paid' THEN 1 ELSE 0 END""",
    "two entries of one kind in an order's story": """
        SELECT order_id, kind FROM orders_timelineentry WHERE kind IN ('placed', 'paid', 'confirmed')
        GROUP BY 1, 2 HAVING count(*) > 1""",
}


@dataclass(frozen=True, slots=True)
class Tally:
    """What stands in the database after a run."""

    orders: int
    captures: int
    entries: int
    mails: int
    mails_doubled: int
    """Handed over twice: a worker killed between handing over and noting it does it again, under one Message-ID."""


# The policies would show nothing to a connection that names neither a business nor a crossing.
_EVERYTHING = "-c monidesk.crossing=tests"


class Truth:
    """Looks into a house's database from outside."""

    def __init__(self, house: House) -> None:
        self.house = house
        self.url = house.environment["DATABASE_URL"]

    def rows(self, sql: str, *arguments: Any) -> list[Any]:
        with psycopg.connect(self.url, connect_timeout=5, options=_EVERYTHING) as connection:
            return connection.execute(sql, arguments or None).fetchall()

    def number(self, sql: str) -> int:
        return int(self.rows(sql)[0][0])

    def waiting(self) -> int:
        """Events, messages of the payment company and mails that still have to go out."""
        return sum(self.number(sql) for sql in (_WAITING, _UNTOLD, _UNSENT))

    def let_time_pass(self) -> None:
        with psycopg.connect(self.url, autocommit=True, options=_EVERYTHING) as connection:
            connection.execute(_TIME_PASSES)

    def settle(self, *, seconds: float = 60) -> None:
        """Wait until everything that was begun has come to its end."""
        # Put forward again and again: what a server holds at this moment is held once more by the next kill's heir,
        # and what fails on the way pauses for longer each time.
        forward_at = 0.0

        def is_settled() -> bool:
            nonlocal forward_at
            if time.monotonic() >= forward_at:
                self.let_time_pass()
                forward_at = time.monotonic() + 10
            return self.waiting() == 0

        wait_until(is_settled, seconds=seconds, what=lambda: f"nothing waits any more\n{self.report()}")

    def report(self) -> str:
        """What stands unfinished, what the queue holds, and the last words of every server."""
        lines = [f"load {os.getloadavg()[0]:.1f} on {os.cpu_count()} processors"]
        for title, sql in _UNFINISHED.items():
            try:
                rows = self.rows(sql)
            except psycopg.Error as error:
                rows = [("could not be asked", str(error))]
            lines += [f"-- {title}", *(f"   {row}" for row in rows)]
        return "\n".join([*lines, self.house.last_words()])

    def check(self, purchases: Iterable[Purchase]) -> Tally:
        """Every acknowledged order is there, every acknowledged payment is in it, and nothing is doubled."""
        found = dict(self.rows("SELECT email, payment_state FROM orders_order"))
        lost = [one.email for one in purchases if one.ordered and one.email not in found]
        assert lost == [], f"acknowledged and lost: {lost}"
        unpaid = [one.email for one in purchases if one.paid and found[one.email] != "paid"]
        assert unpaid == [], f"paid for, and the order does not know: {unpaid}"
        for fault, sql in _NEVER.items():
            assert self.rows(sql) == [], fault
        return Tally(
            orders=len(found),
            captures=self.number("SELECT count(*) FROM payments_capture"),
            entries=self.number("SELECT count(*) FROM ledger_journalentry"),
            mails=self.number("SELECT count(*) FROM notifications_message WHERE state = 'sent'"),
            mails_doubled=self._mails_doubled(),
        )

    def _mails_doubled(self) -> int:
        """Each mail that counts as sent was handed over; returns how many were once more."""
        files = (self.house.folder / "var" / "mail").glob("*.log")
        handed_over = [
            key for file in files for key in _MESSAGE_KEY.findall(file.read_text(errors="replace"))
        ]
        sent = {str(row[0]) for row in self.rows("SELECT id FROM notifications_message WHERE state = 'sent'")}
        missing = sent - set(handed_over)
        assert missing == set(), f"noted as sent, and never handed over: {missing}"
        return len(handed_over) - len(set(handed_over))

    def verify(self) -> str:
        """The product's own commands: stock against its ledger, the books, the chain of the audit."""
        code = (
            "import django; django.setup()\n"
            "from django.core.management import call_command\n"
            "for name in ('reconcile_stock', 'verify_books', 'verify_audit'): call_command(name)\n"
        )
        return inside(self.house, code)


def inside(house: House, code: str) -> str:
    """Run Python in the product's environment; returns what it printed, raises with its words when it failed."""
    environment = {**house.environment, "DJANGO_SETTINGS_MODULE": "monidesk.settings"}
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", code],
        cwd=ROOT, env=environment, capture_output=True, text=True, timeout=240,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-4000:]
    return done.stdout
