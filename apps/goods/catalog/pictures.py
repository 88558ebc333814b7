"""Looking at an uploaded picture by its content, and making the sizes that screens need. No database here."""

from __future__ import annotations

import io
import warnings
from dataclasses import dataclass, field
from typing import IO

from django.utils.translation import gettext as _
from PIL import Image, ImageOps

from apps.kernel.errors import InvalidInput

LARGEST_FILE = 10 * 1024 * 1024
# A small file can unfold to gigabytes of pixels; 40 million are more than any product page shows.
MOST_PIXELS = 40_000_000
FORMATS = ("JPEG", "PNG", "WEBP", "GIF", "AVIF")
WIDTHS = (320, 640, 1200)
LONGEST_SIDE = 2400


@dataclass(frozen=True, slots=True)
class PreparedPicture:
    """A picture drawn anew from its pixels: nothing but pixels is left of what was uploaded."""

    content: bytes
    width: int
    height: int
    renditions: dict[int, bytes] = field(default_factory=dict)


def prepare_picture(upload: IO[bytes], size: int) -> PreparedPicture:
    """Check an upload and make its WebP sizes. Raises `InvalidInput` saying what is wrong with it.

    The format is read from the content, never from name or header; place data (EXIF) is dropped; the picture
    is turned upright.
    """
    if size > LARGEST_FILE:
        raise _refuse(_("The picture is larger than 10 MB. Save it smaller and try again."))
    content = upload.read(LARGEST_FILE + 1)
    if not content or len(content) > LARGEST_FILE:
        raise _refuse(_("The picture is empty or larger than 10 MB."))
    _verify(content)
    try:
        with Image.open(io.BytesIO(content), formats=FORMATS) as opened:
            picture = ImageOps.exif_transpose(opened)
            picture = picture.convert("RGBA" if _has_transparency(picture) else "RGB")
    except (OSError, SyntaxError, ValueError, MemoryError) as error:
        raise _refuse(_("The picture is damaged. Try to open and save it again.")) from error
    picture.thumbnail((LONGEST_SIDE, LONGEST_SIDE))
    renditions = {width: _webp(picture, width) for width in WIDTHS if width < picture.width}
    return PreparedPicture(_webp(picture, picture.width), picture.width, picture.height, renditions)


def _verify(content: bytes) -> None:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            with Image.open(io.BytesIO(content), formats=FORMATS) as opened:
                if opened.width * opened.height > MOST_PIXELS or min(opened.size) < 1:
                    raise _refuse(_("The picture has too many pixels. Use at most 40 megapixels."))
                opened.verify()
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise _refuse(_("The picture has too many pixels. Use at most 40 megapixels.")) from error
    except (OSError, SyntaxError, ValueError) as error:
        raise _refuse(_("This is not a picture we can read. Use JPEG, PNG, WebP, GIF or AVIF.")) from error


def _webp(picture: Image.Image, width: int) -> bytes:
    sized = picture
    if width != picture.width:
        height = max(1, round(picture.height * width / picture.width))
        sized = picture.resize((width, height), Image.Resampling.LANCZOS)
    target = io.BytesIO()
    sized.save(target, "WEBP", quality=82, method=4)
    return target.getvalue()


def _has_transparency(picture: Image.Image) -> bool:
    return picture.mode in {"RGBA", "LA", "PA"} or "transparency" in picture.info


def _refuse(message: str) -> InvalidInput:
    return InvalidInput(message, code="bad_picture", fields={"file": [message]})
