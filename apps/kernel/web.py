"""Translating the kernel's errors for forms, pages and the API."""

from __future__ import annotations

from typing import Any

from django.forms import BaseForm

from .errors import DomainError


def form_error(form: BaseForm, error: DomainError) -> None:
    """Put a refusal on the form: at the fields it names, the rest on top. What was typed is kept."""
    for name, messages in error.fields.items():
        for message in messages:
            form.add_error(name if name in form.fields else None, message)
    if not error.fields:
        form.add_error(None, sentence(error))


def sentence(error: DomainError) -> str:
    """What happened, what was kept and what to do, as one text."""
    return " ".join(str(part) for part in (error.message, error.kept, error.remedy) if part)


def problem(error: DomainError, *, instance: str = "", request_id: str = "") -> dict[str, Any]:
    """The refusal as an RFC 9457 problem document."""
    body: dict[str, Any] = {
        "type": f"urn:monidesk:problem:{error.code}",
        "title": str(error.message),
        "status": error.status,
        "code": error.code,
    }
    if instance:
        body["instance"] = instance
    if request_id:
        body["request_id"] = request_id
    if error.fields:
        body["errors"] = {
            name: [str(message) for message in messages] for name, messages in error.fields.items()
        }
    for name in ("kept", "remedy"):
        if value := str(getattr(error, name)):
            body[name] = value
    return body
