"""From uploaded to ready, with bombs, viruses, hidden data and interruptions."""

from __future__ import annotations

import datetime as dt
import io
import socketserver
import struct
import threading
import zlib
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.test import Client
from PIL import Image

from apps.kernel import clock
from apps.kernel.actors import Actor
from apps.platform.businesses.models import Business
from apps.platform.media import processing
from apps.platform.media.models import Allowance, DerivedFile, Media
from apps.platform.media.processing import process
from apps.platform.media.processing.tools import is_there, run
from apps.platform.media.selectors import (
    derived_address,
    list_across_to_process,
    preview_address,
    read_address,
)
from apps.platform.media.services import delete_media, remove_objects
from apps.platform.media.stores import StorageUnavailable, get_store
from apps.platform.media.tasks import process_due

from .conftest import png

EICAR = rb"X5O!P%@AP[4\PZX54(P^)7CC)7}$EICAR-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*"
Upload = Callable[..., Media]


def prepare(actor: Actor, media: Media) -> Media:
    process(actor, media_id=media.pk)
    media = Media.objects.get(pk=media.pk)
    return media


def content_of(client: Client, address: str) -> bytes:
    answer = client.get(address)
    assert answer.status_code == 200
    assert "sandbox" in answer["Content-Security-Policy"]
    return b"".join(answer.streaming_content)  # type: ignore[attr-defined]


def test_a_picture_gets_smaller_ones_in_two_formats(
    actor: Actor, bound: Business, client: Client, uploaded: Upload, settings: Any
) -> None:
    media = prepare(actor, uploaded(actor, png(900, 400)))
    assert (media.state, media.width, media.height) == ("ready", 900, 400)
    made = {row.label: row for row in media.derived.all()}
    assert set(made) == {"320.webp", "320.avif", "640.webp", "640.avif", "full.webp", "full.avif"}
    assert (made["320.webp"].width, made["320.webp"].height) == (320, 142)
    for row in made.values():
        picture = Image.open(io.BytesIO(content_of(client, derived_address(media, row))))
        assert picture.format == row.label.split(".")[1].upper()
        assert picture.size == (row.width, row.height)
    assert preview_address(media)
    assert not list((settings.FILES_ROOT / "incoming").rglob("*.png"))


def test_place_and_camera_are_taken_out_and_the_picture_stands_upright(
    actor: Actor, bound: Business, client: Client, uploaded: Upload
) -> None:
    out = io.BytesIO()
    exif = Image.Exif()
    exif[0x010F], exif[0x0112] = "SecretCam", 6
    exif.get_ifd(0x8825)[2] = (51.0, 30.0, 0.0)
    Image.new("RGB", (400, 200), "red").save(out, "JPEG", exif=exif)
    assert b"SecretCam" in out.getvalue()
    media = prepare(actor, uploaded(actor, out.getvalue(), content_type="image/jpeg", name="a.jpg"))
    assert (media.width, media.height) == (200, 400)
    for address in [read_address(media), *(derived_address(media, row) for row in media.derived.all())]:
        content = content_of(client, address)
        assert b"SecretCam" not in content
        assert not Image.open(io.BytesIO(content)).getexif()


def test_a_polyglot_loses_what_is_behind_the_picture(
    actor: Actor, bound: Business, client: Client, uploaded: Upload
) -> None:
    evil = png(40, 40) + b"<script>alert(document.cookie)</script>PK\x03\x04"
    media = prepare(actor, uploaded(actor, evil))
    assert media.state == "ready"
    assert b"script" not in content_of(client, read_address(media))


def test_a_picture_that_would_fill_the_memory_is_refused(
    actor: Actor, bound: Business, uploaded: Upload
) -> None:
    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack("!I", len(data)) + kind + data + struct.pack("!I", zlib.crc32(kind + data))

    header = struct.pack("!IIBBBBB", 60_000, 60_000, 8, 2, 0, 0, 0)
    bomb = (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", header)
        + chunk(b"IDAT", zlib.compress(b"\x00" * 1000))
        + chunk(b"IEND", b"")
    )
    media = prepare(actor, uploaded(actor, bomb))
    assert (media.state, media.failure) == ("failed", "The picture has too many pixels.")
    assert Allowance.objects.get().used_bytes == 0


def test_a_damaged_picture_says_so(actor: Actor, bound: Business, uploaded: Upload, settings: Any) -> None:
    media = prepare(actor, uploaded(actor, png()[:200]))
    assert (media.state, media.failure) == ("failed", "The picture is damaged.")
    assert read_address(media) == ""
    assert [path for path in settings.FILES_ROOT.rglob("*") if path.is_file()] == []


def test_bytes_exchanged_after_the_check_are_not_taken(
    actor: Actor, bound: Business, uploaded: Upload, settings: Any
) -> None:
    media = uploaded(actor, png())
    (settings.FILES_ROOT / "incoming" / media.object_key).write_bytes(b"<script>" * 20)
    media = prepare(actor, media)
    assert (media.state, media.failure) == ("failed", "It was changed after it was uploaded.")


def test_a_worker_that_died_half_way_is_taken_over(
    actor: Actor, bound: Business, uploaded: Upload, monkeypatch: pytest.MonkeyPatch
) -> None:
    media = uploaded(actor, png())
    real, calls = processing._put, []

    def die_at_the_third(*args: Any) -> Any:
        calls.append(args)
        if len(calls) == 3:
            raise KeyboardInterrupt
        return real(*args)

    with monkeypatch.context() as patched:
        patched.setattr(processing, "_put", die_at_the_third)
        with pytest.raises(KeyboardInterrupt):
            process(actor, media_id=media.pk)
    assert DerivedFile.objects.count() == 2
    assert prepare(actor, media).state == "processing", "somebody else has it"
    assert list_across_to_process(10) == []
    with clock.travel(dt.timedelta(minutes=26)):
        assert process_due() == 1
    media = Media.objects.get()
    assert (media.state, media.attempts) == ("ready", 2)
    assert DerivedFile.objects.count() == 6


def test_storage_that_refuses_is_tried_again_and_given_up_in_the_end(
    actor: Actor, bound: Business, uploaded: Upload, monkeypatch: pytest.MonkeyPatch
) -> None:
    media = uploaded(actor, png())

    def refuse(*_args: Any) -> Any:
        raise StorageUnavailable("no")

    monkeypatch.setattr(type(get_store()), "write", refuse)
    states = []
    for hours in range(7):
        with clock.travel(dt.timedelta(hours=5 * hours)):
            process_due()
            states.append(Media.objects.get().state)
    assert states == ["uploaded"] * 5 + ["failed"] * 2
    assert Media.objects.get().attempts == 6
    assert media.pk


class FakeClamd(socketserver.StreamRequestHandler):
    """Speaks clamd's INSTREAM and knows one virus."""

    def handle(self) -> None:
        assert self.rfile.read(10) == b"zINSTREAM\x00"
        content = b""
        while size := struct.unpack("!I", self.rfile.read(4))[0]:
            content += self.rfile.read(size)
        self.wfile.write(b"stream: Eicar-Test-Signature FOUND\x00" if EICAR in content else b"stream: OK\x00")


@pytest.fixture
def clamd(settings: Any, tmp_path: Any) -> Iterator[str]:
    address = str(tmp_path / "clamd.sock")
    with socketserver.ThreadingUnixStreamServer(address, FakeClamd) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        settings.MEDIA_CLAMD = f"unix:{address}"
        yield address
        server.shutdown()


def test_a_virus_never_becomes_ready(
    actor: Actor, bound: Business, uploaded: Upload, clamd: str, settings: Any
) -> None:
    media = prepare(actor, uploaded(actor, EICAR, kind="document", content_type="text/plain"))
    assert (media.state, media.failure) == ("failed", "A virus was found in it: Eicar-Test-Signature.")
    assert [path for path in settings.FILES_ROOT.rglob("*") if path.is_file()] == []
    assert (
        prepare(actor, uploaded(actor, b"hello", kind="document", content_type="text/plain")).state == "ready"
    )


def test_without_an_answer_of_the_scanner_a_file_waits(
    actor: Actor, bound: Business, uploaded: Upload, settings: Any, tmp_path: Any
) -> None:
    settings.MEDIA_CLAMD = f"unix:{tmp_path}/nobody.sock"
    media = prepare(actor, uploaded(actor, png()))
    assert media.state == "uploaded"
    assert media.process_next_at > clock.now()
    assert read_address(media) == ""


def pdf_with(text: str) -> bytes:
    from weasyprint import HTML

    return bytes(HTML(string=f"<h1>{text}</h1>").write_pdf())


def test_the_text_of_a_paper_is_kept_beside_it(
    actor: Actor, bound: Business, client: Client, uploaded: Upload
) -> None:
    media = prepare(
        actor,
        uploaded(
            actor, pdf_with("Invoice 4711"), kind="document", content_type="application/pdf", name="i.pdf"
        ),
    )
    assert media.state == "ready"
    text = content_of(client, derived_address(media, media.derived.get(label="text.txt")))
    assert b"Invoice 4711" in text


@pytest.mark.skipif(not is_there("tesseract"), reason="Tesseract is not on this machine.")
def test_letters_in_a_scan_are_recognised(
    actor: Actor, bound: Business, client: Client, uploaded: Upload
) -> None:
    from PIL import ImageDraw, ImageFont

    picture = Image.new("RGB", (700, 160), "white")
    font = ImageFont.truetype("DejaVuSans.ttf", 72)
    ImageDraw.Draw(picture).text((20, 30), "RECEIPT 8321", fill="black", font=font)
    out = io.BytesIO()
    picture.save(out, "PNG")
    media = prepare(actor, uploaded(actor, out.getvalue(), kind="document"))
    text = content_of(client, derived_address(media, media.derived.get(label="text.txt")))
    assert b"RECEIPT 8321" in text


@pytest.mark.skipif(not is_there("ffmpeg"), reason="ffmpeg is not on this machine.")
def test_a_film_gets_a_smaller_one_and_a_poster(
    actor: Actor, bound: Business, uploaded: Upload, tmp_path: Any
) -> None:
    source = tmp_path / "film.mp4"
    words = ["-f", "lavfi", "-i", "testsrc=duration=1:size=320x240:rate=5", "-pix_fmt", "yuv420p"]
    assert run("ffmpeg", "-v", "error", *words, str(source)) is not None
    media = prepare(actor, uploaded(actor, source.read_bytes(), kind="video", content_type="video/mp4"))
    assert media.state == "ready", media.failure
    assert {row.label for row in media.derived.all()} == {"poster.webp", "compressed.mp4"}


def test_a_file_deleted_while_it_is_prepared_stays_deleted(
    actor: Actor, bound: Business, uploaded: Upload, monkeypatch: pytest.MonkeyPatch, settings: Any
) -> None:
    media = uploaded(actor, png())
    real = processing._prepare

    def delete_then_prepare(*args: Any) -> Any:
        delete_media(actor, media_id=media.pk)
        return real(*args)

    monkeypatch.setattr(processing, "_prepare", delete_then_prepare)
    assert prepare(actor, media).state == "deleted"
    # Nothing lies about that no row speaks of: nobody would ever look for it.
    remove_objects(actor, media_id=media.pk)
    assert not [path for path in settings.FILES_ROOT.rglob("*") if path.is_file()]
