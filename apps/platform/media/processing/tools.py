"""Programs of the system: used where they are there, within a time and without a shell."""

from __future__ import annotations

import logging
import shutil
import subprocess

log = logging.getLogger(__name__)
LONGEST_SECONDS = 15 * 60


def is_there(program: str) -> bool:
    """Whether the system has it."""
    return shutil.which(program) is not None


def run(*words: str, seconds: int = LONGEST_SECONDS) -> bytes | None:
    """What the program wrote, or None when it failed or took too long (said in the log)."""
    try:
        done = subprocess.run(list(words), capture_output=True, check=True, timeout=seconds)
    except (subprocess.SubprocessError, OSError) as error:
        log.warning("%s did not work: %s", words[0], type(error).__name__)
        return None
    return done.stdout
