"""The same way through a real S3 protocol server on loopback."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from typing import Any

import boto3
import pytest
import requests
from django.core.files.storage import storages
from django.test import Client
from moto.server import ThreadedMotoServer

from apps.kernel.actors import Actor
from apps.platform.businesses.models import Business
from apps.platform.media.lasting import lasting_address
from apps.platform.media.models import Attachment, Media, incoming_key
from apps.platform.media.processing import process
from apps.platform.media.selectors import derived_address, read_address
from apps.platform.media.services import (
    announce_upload,
    delete_media,
    finish_upload,
    remove_objects,
    set_business_picture,
)
from apps.platform.media.stores import S3Store, StorageUnavailable, get_store

from .conftest import png


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    moto = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    moto.start()
    host, port = moto.get_host_and_port()
    yield f"http://{host}:{port}"
    moto.stop()


@pytest.fixture(autouse=True)
def bucket(server: str, settings: Any) -> Iterator[Any]:
    access = {"access_key": "test", "secret_key": "test", "region_name": "us-east-1"}
    settings.STORAGES = {
        **settings.STORAGES,
        "files": {
            "BACKEND": "storages.backends.s3.S3Storage",
            "OPTIONS": {"bucket_name": "shop", "endpoint_url": server, "querystring_auth": True, **access},
        },
    }
    client = boto3.client(
        "s3",
        endpoint_url=server,
        aws_access_key_id="test",
        aws_secret_access_key="test",
        region_name="us-east-1",
    )
    client.create_bucket(Bucket="shop")
    yield client
    storages._storages.pop("files", None)  # type: ignore[attr-defined]


def keys(client: Any) -> set[str]:
    return {row["Key"] for row in client.list_objects_v2(Bucket="shop").get("Contents", [])}


def test_upload_prepare_read_and_delete(actor: Actor, bound: Business, bucket: Any) -> None:
    assert isinstance(get_store(), S3Store)
    content = png(700, 300)
    found = announce_upload(actor, kind="image", name="a.png", content_type="image/png", size=len(content))
    assert "X-Amz-Signature" in found.address or "Signature" in found.address
    assert requests.put(found.address, data=content, headers=found.headers, timeout=10).status_code == 200
    assert keys(bucket) == {incoming_key(found.media)}
    media = finish_upload(actor, media_id=found.media.pk)
    assert media.state == "uploaded"
    process(actor, media_id=media.pk)
    media = Media.objects.get()
    assert media.state == "ready", media.failure
    assert keys(bucket) == {media.object_key, *media.derived.values_list("object_key", flat=True)}
    answer = requests.get(derived_address(media, media.derived.get(label="320.webp")), timeout=10)
    assert answer.headers["Content-Type"] == "image/webp"
    assert answer.content[8:12] == b"WEBP"
    download = requests.get(read_address(media, download=True), timeout=10)
    assert download.headers["Content-Disposition"] == "attachment; filename*=UTF-8''a.png"
    # The address for putting is used once more: what is shown stays what was checked.
    requests.put(found.address, data=b"<script>" + content[8:], headers=found.headers, timeout=10)
    assert b"script" not in requests.get(read_address(media), timeout=10).content
    delete_media(actor, media_id=media.pk)
    remove_objects(actor, media_id=media.pk)
    assert keys(bucket) == set()


def test_a_picture_for_everybody_has_a_lasting_address_though_the_bucket_is_private(
    actor: Actor, bound: Business, bucket: Any, client: Client, server: str
) -> None:
    content = png(700, 300)
    found = announce_upload(actor, kind="image", name="a.png", content_type="image/png", size=len(content))
    requests.put(found.address, data=content, headers=found.headers, timeout=10)
    finish_upload(actor, media_id=found.media.pk)
    process(actor, media_id=found.media.pk)
    key = found.media.object_key.rsplit(".", 1)[0] + "/640.webp"
    assert client.get(lasting_address(key)).status_code == 404
    set_business_picture(actor, role=Attachment.Role.LOGO, media_id=found.media.pk)
    assert Business.objects.get(pk=bound.pk).logo.name == key
    shown = client.get(lasting_address(key))
    assert (shown.status_code, shown["Content-Type"]) == (200, "image/webp")
    assert b"".join(shown)[8:12] == b"WEBP"
    assert "public" in shown["Cache-Control"]
    bucket.delete_object(Bucket="shop", Key=key)
    assert client.get(lasting_address(key)).status_code == 404
    delete_media(actor, media_id=found.media.pk, detach=True)
    remove_objects(actor, media_id=found.media.pk)
    assert keys(bucket) == set()


def test_other_content_fails_and_is_removed(actor: Actor, bound: Business, bucket: Any) -> None:
    content = b"<svg><script>alert(1)</script></svg>"
    found = announce_upload(actor, kind="image", name="a.png", content_type="image/png", size=len(content))
    requests.put(found.address, data=content, headers=found.headers, timeout=10)
    assert finish_upload(actor, media_id=found.media.pk).state == "failed"
    assert keys(bucket) == set()


def test_a_server_that_is_away_is_said(actor: Actor, bound: Business, settings: Any) -> None:
    found = announce_upload(actor, kind="image", name="a.png", content_type="image/png", size=10)
    options = settings.STORAGES["files"]["OPTIONS"]
    away = {**options, "endpoint_url": "http://127.0.0.1:9"}
    settings.STORAGES = {**settings.STORAGES, "files": {**settings.STORAGES["files"], "OPTIONS": away}}
    storages._storages.pop("files", None)  # type: ignore[attr-defined]
    with pytest.raises(StorageUnavailable):
        finish_upload(actor, media_id=found.media.pk)
    assert Media.objects.get().state == "pending"
    assert dt.timedelta(0) < found.ends_at - found.media.created_at
