"""Proofs of the ground floor: the embedded database, the task queues, the supervisor, the two commands."""
