"""Files of a test lie in its own folder; a small way to upload one."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from PIL import Image

from apps.kernel.actors import Actor
from apps.platform.media.models import Media
from apps.platform.media.services import announce_upload, finish_upload


@pytest.fixture(autouse=True)
def own_folder(settings: Any, tmp_path: Any) -> None:
    settings.FILES_ROOT = tmp_path / "files"
    settings.MEDIA_CLAMD = ""


def png(width: int = 900, height: int = 400, **info: Any) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (width, height), "#1b6b47").save(out, "PNG", **info)
    return out.getvalue()


def path_of(address: str) -> str:
    return "/files/" + address.split("/files/", 1)[1]


@pytest.fixture
def uploaded(client: Client) -> Callable[..., Media]:
    """Announce, put and finish, as a browser does."""

    def upload(
        actor: Actor, content: bytes, *, kind: str = "image", content_type: str = "image/png", **more: Any
    ) -> Media:
        found = announce_upload(
            actor,
            kind=kind,
            name=more.pop("name", "A photo.png"),
            content_type=content_type,
            size=len(content),
            **more,
        )
        answer = client.put(path_of(found.address), content, content_type=content_type)
        assert answer.status_code == 200, answer.content
        return finish_upload(actor, media_id=found.media.pk)

    return upload
