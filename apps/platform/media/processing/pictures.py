"""Pictures: opened within limits, written anew without hidden data, and smaller ones made for pages."""

from __future__ import annotations

import contextlib
import warnings
from collections.abc import Iterator
from pathlib import Path

from django.utils.translation import gettext as _
from PIL import Image, ImageFile, ImageOps

from .reading import read_text_of_picture
from .results import Prepared, Product, Unusable

MOST_PIXELS = 50_000_000
WIDTHS = (320, 640, 1280)
FULL_WIDTH = 2560
PORTRAIT_WIDTH = 256
_FORMATS = ["JPEG", "PNG", "WEBP", "GIF", "AVIF"]


def prepare_picture(path: Path, *, read_text: bool = False) -> Prepared:
    """WebP and AVIF in the widths the picture fills, and the original written anew: no place, no camera, nothing
    behind its end. Raises `Unusable` for what is no picture or would fill the memory.
    """
    picture = _open(path)
    clean = path.with_name("clean" + path.suffix)
    _write_clean(picture, clean)
    base = ImageOps.exif_transpose(picture)
    base = base.convert("RGBA" if _has_transparency(base) else "RGB")
    prepared = Prepared(clean=clean, width=base.width, height=base.height)
    for name, width in _widths(base.width):
        smaller = base.copy()
        smaller.thumbnail((width, width * 4), Image.Resampling.LANCZOS)
        for extension, options in (("webp", {"quality": 82}), ("avif", {"quality": 60, "speed": 8})):
            target = path.with_name(f"{name}.{extension}")
            smaller.save(target, extension.upper(), **options)
            prepared.products.append(
                Product(target.name, target, f"image/{extension}", smaller.width, smaller.height)
            )
    if read_text:
        prepared.products += read_text_of_picture(path)
    return prepared


def prepare_portrait(path: Path) -> Path:
    """A square WebP of the picture's middle. Raises `Unusable`."""
    picture = ImageOps.exif_transpose(_open(path))
    picture = picture.convert("RGBA" if _has_transparency(picture) else "RGB")
    target = path.with_name("portrait.webp")
    square = ImageOps.fit(picture, (PORTRAIT_WIDTH, PORTRAIT_WIDTH), Image.Resampling.LANCZOS)
    square.save(target, "WEBP", quality=82)
    return target


def _open(path: Path) -> Image.Image:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            picture = Image.open(path, formats=_FORMATS)
            # Only the header is read so far: a bomb of a few bytes says here how large it would become.
            if picture.width * picture.height > MOST_PIXELS or getattr(picture, "n_frames", 1) > 500:
                raise Unusable(_("The picture has too many pixels."))
            # The maker of PDFs, in the same process, tells the library to fill up what is missing.
            with _nothing_missing():
                picture.load()
    except Unusable:
        raise
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise Unusable(_("The picture has too many pixels.")) from error
    except Exception as error:
        raise Unusable(_("The picture is damaged.")) from error
    return picture


@contextlib.contextmanager
def _nothing_missing() -> Iterator[None]:
    before, ImageFile.LOAD_TRUNCATED_IMAGES = ImageFile.LOAD_TRUNCATED_IMAGES, False
    try:
        yield
    finally:
        ImageFile.LOAD_TRUNCATED_IMAGES = before


def _write_clean(picture: Image.Image, target: Path) -> None:
    """The same picture in the same format, by its pixels alone (and its colour profile)."""
    profile = {"icc_profile": picture.info["icc_profile"]} if picture.info.get("icc_profile") else {}
    form = picture.format or "PNG"
    if getattr(picture, "is_animated", False):
        picture.save(target, form, save_all=True, exif=b"")
        return
    turned = ImageOps.exif_transpose(picture)
    if form == "JPEG" and turned.mode not in ("RGB", "L"):
        turned = turned.convert("RGB")
    options = {"JPEG": {"quality": 92, "optimize": True}, "WEBP": {"quality": 90}, "AVIF": {"quality": 80}}
    blank = turned.copy()
    blank.info = {}
    blank.save(target, form, exif=b"", **options.get(form, {}), **profile)


def _has_transparency(picture: Image.Image) -> bool:
    return picture.mode in ("RGBA", "LA", "PA") or "transparency" in picture.info


def _widths(width: int) -> list[tuple[str, int]]:
    found = [(str(wanted), wanted) for wanted in WIDTHS if wanted < width]
    return [*found, ("full", min(width, FULL_WIDTH))]
