"""Files of sales name people: what is found of one is handed out and erased, and files go when their days are over."""

from __future__ import annotations

import csv
import io
from datetime import timedelta
from typing import Any

import pytest
from django.core.files.storage import default_storage

from apps.goods.imports.models import BatchChange, FileRetention, ImportJob, ImportRowError, RejectedRow
from apps.goods.imports.selectors import write_rejected_rows
from apps.goods.imports.services import (
    check_job,
    forget_file,
    run_job,
    set_file_retention,
    undo_batch,
    undo_through,
    upload_file,
    work_through,
)
from apps.goods.imports.tasks import forget_files
from apps.kernel import clock, privacy
from apps.kernel.actors import Actor
from apps.kernel.errors import Conflict, InvalidInput, PermissionRefused, WrongState
from apps.kernel.models import AuditEntry
from apps.people.customers.models import Customer
from apps.platform.businesses.models import Business
from apps.platform.privacy.gathering import gather
from apps.platform.privacy.selectors import preview_erasure
from apps.platform.privacy.services import erase_customer
from apps.selling.history.models import PastOrder

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("bound")]
HEADINGS = (
    "Invoice no",
    "Date",
    "Customer id",
    "Customer name",
    "Email",
    "SKU",
    "Description",
    "Quantity",
    "Price",
)
GRACE = ("7", "Grace Hopper", "grace@example.com")
ROWS = (
    ("1", "2025-01-02 10:00", *GRACE, "A", "Mug", "2", "5.00"),
    ("2", "2025-01-03 10:00", "8", "Ada Lovelace", "ada@example.com", "A", "Mug", "1", "5.00"),
    # By her e-mail in another's cell, her name, her number in its column: hers. Nobody's: the others.
    ("3", "2025-01-04 10:00", "", "", "", "A", "Mug for Grace@Example.com", "many", "5.00"),
    ("4", "2025-01-04 10:00", "", "Grace Hopper", "", "A", "Mug", "many", "5.00"),
    ("5", "2025-01-04 10:00", "7", "", "", "A", "Mug", "many", "5.00"),
    ("6", "2025-01-04 10:00", "8", "Ada Lovelace", "ada@example.com", "A", "Mug", "many", "5.00"),
    ("7", "2025-01-04 10:00", "70", "Grace Hopper Junior", "disgrace@example.com", "A", "7", "many", "7"),
    ("6", "2025-01-04 10:00", "8", "Ada Lovelace", "ada@example.com", "B", "A row that is right", "1", "5.00"),
)  # fmt: skip


def bring_in(actor: Actor, rows: Any = ROWS, name: str = "sales.csv") -> ImportJob:
    text = io.StringIO()
    csv.writer(text).writerows([HEADINGS, *rows])
    content = text.getvalue().encode()
    job = upload_file(actor, file=io.BytesIO(content), name=name, size=len(content), kind="sales")
    check_job(actor, job_id=job.pk)
    checked = work_through(job.pk, job.business_id)
    assert checked is not None
    assert checked.state == "ready", checked.failure
    if checked.created_count:
        run_job(actor, job_id=job.pk)
        work_through(job.pk, job.business_id)
    job.refresh_from_db()
    return job


def refused() -> list[int]:
    return list(RejectedRow.objects.order_by("row").values_list("row", flat=True))


def test_a_person_in_files_is_handed_out_alone_and_erased(business: Business, actor: Actor) -> None:
    job = bring_in(actor)
    assert (job.state, job.rows_reported, refused()) == ("finished", 6, [4, 5, 6, 7, 8, 9])
    assert ImportRowError.objects.count() == 6
    # All rows of a paper with a fault come back as they came, under the file's own headings.
    assert [row.raw[0] for row in RejectedRow.objects.order_by("row")] == list("345676")
    grace = Customer.objects.get(email=GRACE[2])

    tables = {table["table"]: table for table in gather(privacy.find_person("customer", grace.pk))}
    assert [row["row"] for row in tables["imports.rejectedrow"]["rows"]] == [4, 5, 6]
    assert [row["row"] for row in tables["imports.importrowerror"]["rows"]] == [4, 5, 6]
    assert "Ada" not in str(tables)
    assert "Ada" in str(job.samples)

    said = " ".join(preview_erasure("customer", grace.pk).sentences())
    assert "Rows of files that were not imported (3)" in said
    assert "Uploaded files of customers (1)" in said

    waiting = bring_in(actor, ROWS[:1], "again.csv")
    ImportJob.objects.filter(pk=waiting.pk).update(state="running")
    with pytest.raises(Conflict, match=r"again\.csv"):
        erase_customer(actor, customer_id=grace.pk, reason="Asked by letter")
    ImportJob.objects.filter(pk=waiting.pk).update(state="ready")

    erase_customer(actor, customer_id=grace.pk, reason="Asked by letter")
    assert refused() == []  # The file went as a whole: other people's rows in it do not outlive it.
    assert ImportRowError.objects.count() == 0
    job.refresh_from_db()
    waiting.refresh_from_db()
    assert (job.state, waiting.state) == ("finished", "cancelled")
    assert (job.samples, job.sample, job.rows_reported) == ([], [], 6)
    assert not BatchChange.objects.filter(label__icontains="Grace").exists()
    with pytest.raises(WrongState, match="Upload it again"):
        check_job(actor, job_id=job.pk)
    assert PastOrder.objects.count() == 2
    assert AuditEntry.objects.filter(action="imports.forgotten").count() == 2

    # What comes afterwards can be erased as well; another customer's rows in a file of goods stay.
    again = erase_customer(actor, customer_id=grace.pk, reason="Asked again")
    assert again.reason == "Asked by letter"
    goods = upload_file(actor, file=io.BytesIO(b"Title,Price\nMug,x\n"), name="goods.csv", size=18)
    RejectedRow.objects.create(job=goods, row=2, raw=["made for ada@example.com", "x"])
    RejectedRow.objects.create(job=goods, row=3, raw=["made for a.da@example.com", "Ada Lovelace"])
    ada = Customer.objects.get(email="ada@example.com")
    erase_customer(actor, customer_id=ada.pk, reason="Asked by letter")
    assert refused() == [3]


def test_files_go_when_their_days_are_over(business: Business, actor: Actor) -> None:
    job = bring_in(actor)
    path = job.file.name
    assert path
    assert default_storage.exists(path)
    with pytest.raises(InvalidInput):
        set_file_retention(actor, days=0)
    with pytest.raises(PermissionRefused):
        set_file_retention(Actor("user", actor.id, "staff", business.pk, frozenset({"imports.run"})), days=30)
    set_file_retention(actor, days=30)
    set_file_retention(actor, days=30)
    assert FileRetention.objects.get().days == 30
    assert AuditEntry.objects.filter(action="imports.retention_changed").count() == 1

    with clock.travel(clock.now() + timedelta(days=29)):
        assert forget_files() == 0
    with clock.travel(clock.now() + timedelta(days=31)):
        ImportJob.objects.filter(pk=job.pk).update(state="running")
        assert forget_files() == 0
        assert not forget_file(Actor.system("import", business.pk), job_id=job.pk)
        ImportJob.objects.filter(pk=job.pk).update(state="finished")
        assert (forget_files(), forget_files()) == (1, 0)
    job.refresh_from_db()
    assert not default_storage.exists(path)
    assert (job.file.name, job.samples, job.sample, job.rows_reported) == ("", [], [], 6)
    assert refused() == []
    assert ImportRowError.objects.count() == 0
    with write_rejected_rows(job) as file:
        assert file.read().decode("utf-8-sig").splitlines() == [",".join([*HEADINGS, "What to do"])]

    # What was imported stays, and can still be taken back.
    assert job.batch_id is not None
    undo_batch(actor, batch_id=job.batch_id)
    undo_through(job.batch_id, job.business_id)
    assert (PastOrder.objects.count(), Customer.objects.count()) == (0, 0)
