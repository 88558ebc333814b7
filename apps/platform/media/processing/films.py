"""Films: a smaller one that every browser plays, and a picture to stand for it, where ffmpeg is there."""

from __future__ import annotations

from pathlib import Path

from django.utils.translation import gettext as _
from PIL import Image

from .results import Prepared, Product, Unusable
from .tools import is_there, run

# The reader is named and may open files only: a film that is really a playlist would fetch addresses.
_READERS = {"video/mp4": "mov", "video/quicktime": "mov", "video/webm": "matroska"}


def prepare_film(path: Path, content_type: str) -> Prepared:
    """`compressed.mp4` (at most 1280 wide, no hidden data) and `poster.webp`; nothing without ffmpeg."""
    if not is_there("ffmpeg"):
        return Prepared()
    source = ["ffmpeg", "-nostdin", "-v", "error", "-y", "-protocol_whitelist", "file"]
    source += ["-f", _READERS[content_type], "-i", str(path)]
    poster = path.with_name("poster.png")
    if run(*source, "-frames:v", "1", "-vf", "scale='min(1280,iw)':-2", str(poster), seconds=60) is None:
        raise Unusable(_("The film is damaged."))
    picture = path.with_name("poster.webp")
    with Image.open(poster) as frame:
        width, height = frame.size
        frame.convert("RGB").save(picture, "WEBP", quality=80)
    prepared = Prepared([Product(picture.name, picture, "image/webp", width, height)])
    smaller = path.with_name("compressed.mp4")
    words = [
        "-map_metadata",
        "-1",
        "-c:v",
        "libx264",
        "-preset",
        "veryfast",
        "-crf",
        "28",
        "-pix_fmt",
        "yuv420p",
    ]
    words += ["-vf", "scale='min(1280,iw)':-2", "-c:a", "aac", "-b:a", "96k", "-movflags", "+faststart"]
    if run(*source, *words, str(smaller)) is not None:
        prepared.products.append(Product(smaller.name, smaller, "video/mp4", width, height))
    return prepared
