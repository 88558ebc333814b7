"""The transport of the queue inside PostgreSQL, fit for a role that owns nothing and a database that restarts."""

from __future__ import annotations

from typing import Any

from kombu.transport import pgmq


class Channel(pgmq.Channel):
    """Gives a worker its place back even when the database was away at the moment of the acknowledgement.

    The library forgets the place only after the message was deleted. A worker whose database is restarted in the
    middle of a task could not delete it, kept the place for ever, and sat there alive without taking another task.
    The message itself comes again after the visibility time-out; every task may run twice.
    """

    def basic_ack(self, delivery_tag: str, multiple: bool = False) -> None:
        """Delete the message and free its place; the place is freed in any case."""
        try:
            super().basic_ack(delivery_tag, multiple=multiple)  # type: ignore[no-untyped-call]
        except Exception:
            self.qos.ack(delivery_tag)
            raise

    def basic_reject(self, delivery_tag: str, requeue: bool = False) -> None:
        """Give the message back or drop it, and free its place in any case."""
        try:
            super().basic_reject(delivery_tag, requeue=requeue)  # type: ignore[no-untyped-call]
        except Exception:
            self.qos.reject(delivery_tag, requeue=False)
            raise

    def _pgmq_message_to_python(self, pgmq_message: Any, queue: str) -> Any:
        """Say, as other transports do, that a message was given out before: its worker is gone."""
        payload = super()._pgmq_message_to_python(pgmq_message, queue)
        if queue not in self._noack_queues:
            payload["properties"]["delivery_info"]["redelivered"] = pgmq_message.read_ct > 1
        return payload

    def _new_queue(self, queue: str, **kwargs: Any) -> None:
        # The owner made the queue (`prepare`); the application's role may make no tables, not even again.
        if not self._has_queue(queue):  # type: ignore[no-untyped-call]
            super()._new_queue(queue, **kwargs)  # type: ignore[no-untyped-call]


class Transport(pgmq.Transport):
    """The library's transport with the channel above."""

    Channel: Any = Channel
