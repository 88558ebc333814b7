"""Programs of the system: used where they are there, within a time and without a shell."""

from __future__ import annotations

import logging
import shutil
import subprocess

from django.conf import settings
from django.utils.translation import gettext as _

log = logging.getLogger(__name__)
LONGEST_SECONDS = 15 * 60


def is_there(program: str) -> bool:
    """Whether the system has it."""
    return shutil.which(program) is not None


def list_lacking() -> list[str]:
    """What files do without on this machine, as sentences; nothing where every program is there."""
    found = []
    if not is_there("ffmpeg"):
        found.append(_("Films are kept as they are and get no picture (ffmpeg)."))
    if not (is_there("gs") or is_there("qpdf")):
        found.append(_("PDFs are not made smaller (ghostscript or qpdf)."))
    if settings.MEDIA_OCR == "tesseract" and not is_there("tesseract"):
        found.append(_("The text of scanned papers is not read (tesseract-ocr)."))
    return found


def run(*words: str, seconds: int = LONGEST_SECONDS) -> bytes | None:
    """What the program wrote, or None when it failed or took too long (said in the log)."""
    try:
        done = subprocess.run(list(words), capture_output=True, check=True, timeout=seconds)
    except (subprocess.SubprocessError, OSError) as error:
        log.warning("%s did not work: %s", words[0], type(error).__name__)
        return None
    return done.stdout
