"""Runs of the schedule, and tasks that died. Rows of the platform: none belongs to a business."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from apps.kernel import clock
from apps.kernel.ids import new_id


class JobRun(models.Model):
    """One slot of one job. Its id is the task's id, so a message that comes twice is known."""

    class State(models.TextChoices):
        DUE = "due", _("Due")
        SENT = "sent", _("Waiting for a worker")
        RUNNING = "running", _("Running")
        DONE = "done", _("Done")
        FAILED = "failed", _("Failed")
        EXPIRED = "expired", _("Not begun in time")

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    job = models.CharField(max_length=200)
    task = models.CharField(max_length=200)
    slot = models.DateTimeField()
    state = models.CharField(max_length=8, choices=State.choices, default=State.DUE)
    missed = models.PositiveIntegerField(default=0)
    asked_by = models.CharField(max_length=200, blank=True)
    claimed_at = models.DateTimeField(default=clock.now)
    # By the database's clock; empty for a run that a person asked for.
    expires_at = models.DateTimeField(null=True)
    started_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    result = models.CharField(max_length=200, blank=True)
    error = models.TextField(blank=True)

    class Meta:
        constraints: ClassVar = [
            # Two clock processes, or one that was killed and started again, cannot both take a slot.
            models.UniqueConstraint(fields=["job", "slot"], name="job_slot_once"),
        ]
        indexes: ClassVar = [
            models.Index(fields=["claimed_at"], name="job_run_unsent", condition=Q(state="due")),
        ]

    def __str__(self) -> str:
        return f"{self.job} {self.slot:%Y-%m-%d %H:%M:%S}"


class DeadTask(models.Model):
    """A task that nobody will carry out any more by itself. The same task with the same arguments is one row."""

    class Kind(models.TextChoices):
        FAILED = "failed", _("Failed")
        LOST = "lost", _("Took its worker down")

    class State(models.TextChoices):
        OPEN = "open", _("Needs a look")
        RETRIED = "retried", _("Sent again")
        DISCARDED = "discarded", _("Discarded")

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    fingerprint = models.CharField(max_length=64)
    kind = models.CharField(max_length=8, choices=Kind.choices)
    state = models.CharField(max_length=10, choices=State.choices, default=State.OPEN)
    task = models.CharField(max_length=200)
    task_id = models.CharField(max_length=64)
    args = models.JSONField(default=list)
    kwargs = models.JSONField(default=dict)
    is_whole = models.BooleanField(default=True)
    error = models.TextField(blank=True)
    times = models.PositiveIntegerField(default=1)
    first_at = models.DateTimeField(default=clock.now)
    last_at = models.DateTimeField(default=clock.now)
    settled_at = models.DateTimeField(null=True)
    settled_by = models.CharField(max_length=200, blank=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["fingerprint"], condition=Q(state="open"), name="dead_task_open_once"
            ),
        ]
        indexes: ClassVar = [models.Index(fields=["state", "-last_at"], name="dead_task_list")]

    def __str__(self) -> str:
        return self.task


class Redelivery(models.Model):
    """A task that was begun again because its worker was gone: how often so far."""

    task_id = models.CharField(max_length=64, primary_key=True)
    starts = models.PositiveIntegerField(default=1)
    last_at = models.DateTimeField(default=clock.now)

    def __str__(self) -> str:
        return f"{self.task_id} {self.starts}"
