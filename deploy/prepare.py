"""Make a fresh machine ready: system packages, virtual environment, Python packages.

    python3 deploy/prepare.py            what `make demo` needs
    python3 deploy/prepare.py --dev      what `make test` needs besides

Needs nothing but Python's standard library. What is there already is left alone, so a second run
takes a moment. System packages are installed only by root with apt; otherwise they are named.
Set MONIDESK_NO_APT=1 to have them named in any case.
"""

from __future__ import annotations

import contextlib
import ctypes
import ctypes.util
import hashlib
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
VENV = ROOT / ".venv"
OLDEST_PYTHON = (3, 11)


def library(name: str, file: str) -> Callable[[], bool]:
    """Give a probe that says whether a shared library can be loaded."""

    def probe() -> bool:
        for candidate in (file, ctypes.util.find_library(name)):
            if candidate:
                try:
                    ctypes.CDLL(candidate)
                except OSError:
                    continue
                return True
        return False

    return probe


def program(*names: str) -> Callable[[], bool]:
    """Give a probe that says whether one of some programs is installed."""
    return lambda: any(
        shutil.which(name, path=os.defpath + ":" + os.environ.get("PATH", "")) for name in names
    )


def any_font() -> bool:
    """Say whether any font is installed: a PDF without one shows boxes."""
    folders = [Path("/usr/share/fonts"), Path("/usr/local/share/fonts"), Path("/Library/Fonts")]
    return any(next(folder.rglob("*.[to]tf"), None) for folder in folders if folder.exists())


def no_venv_module() -> bool:
    """Say whether virtual environments can be made; Debian packs that separately."""
    try:
        import ensurepip  # noqa: F401
        import venv  # noqa: F401
    except ImportError:
        return False
    return True


RUNTIME_PACKAGES = {
    "libpango-1.0-0": library("pango-1.0", "libpango-1.0.so.0"),
    "libpangoft2-1.0-0": library("pangoft2-1.0", "libpangoft2-1.0.so.0"),
    "libharfbuzz-subset0": library("harfbuzz-subset", "libharfbuzz-subset.so.0"),
    "fonts-dejavu-core": any_font,
    "python3-venv": no_venv_module,
}
# Files are smaller, films have a picture and scanned papers a text where these are; all else works without.
HELPFUL_PACKAGES = {
    "tesseract-ocr": program("tesseract"),
    "ffmpeg": program("ffmpeg"),
    "ghostscript": program("gs"),
    "qpdf": program("qpdf"),
}
DEV_PACKAGES = {
    "chromium": program("chromium"),
    "redis-server": program("redis-server"),
    "git": program("git"),
}


def say(text: str) -> None:
    """Tell the person what goes on."""
    print(text, flush=True)


def missing_packages(wanted: dict[str, Callable[[], bool]]) -> list[str]:
    """Return the system packages whose probe fails."""
    return [package for package, present in wanted.items() if not present()]


def may_install() -> bool:
    """Say whether system packages can be installed here by us."""
    is_root = hasattr(os, "geteuid") and os.geteuid() == 0
    return is_root and not os.environ.get("MONIDESK_NO_APT") and shutil.which("apt-get") is not None


def install_packages(packages: list[str]) -> None:
    """Install system packages, or name them and stop."""
    words = " ".join(packages)
    command = f"apt-get install --no-install-recommends {words}"
    if not may_install():
        sys.exit(
            f"These system packages are missing (Debian's names): {words}\n"
            f"Please install them, on Debian or Ubuntu with: sudo {command}"
        )
    say(f"Installing system packages: {words}")
    quiet = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    # A server package would start its service; MoniDesk starts what it needs by itself.
    policy = Path("/usr/sbin/policy-rc.d")
    ours = not policy.exists()
    if ours:
        policy.write_text("#!/bin/sh\nexit 101\n")
        policy.chmod(0o755)
    try:
        subprocess.run(["apt-get", "update", "-qq"], env=quiet, check=False, stdin=subprocess.DEVNULL)
        subprocess.run(
            ["apt-get", "install", "-y", "-qq", "--no-install-recommends", *packages],
            env=quiet,
            check=True,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
        )
    except subprocess.CalledProcessError:
        sys.exit(f"The system packages could not be installed. Please try by hand: {command}")
    finally:
        if ours:
            policy.unlink(missing_ok=True)


def name_helpful_packages() -> None:
    """Name what would help and is not needed; the same words once only."""
    words = " ".join(missing_packages(HELPFUL_PACKAGES))
    stamp = VENV / ".helpful.named"
    if words and not (stamp.exists() and stamp.read_text() == words):
        say(f"For smaller films and PDFs and the text of scanned papers you may install: {words}")
        stamp.write_text(words)


def prepare_environment() -> None:
    """Make the virtual environment when there is none that works."""
    if (VENV / "bin" / "python").exists():
        works = subprocess.run([VENV / "bin" / "python", "-m", "pip", "--version"], capture_output=True)
        if works.returncode == 0:
            return
        say("The virtual environment is broken (was the folder moved?); it is made again.")
        shutil.rmtree(VENV)
    say("Making the virtual environment in .venv")
    subprocess.run([sys.executable, "-m", "venv", VENV], check=True)


def install_requirements(name: str) -> None:
    """Install one pinned file unless exactly this one was installed before."""
    parts = [ROOT / "requirements.txt", ROOT / name]
    wanted = hashlib.sha256(b"".join(part.read_bytes() for part in parts)).hexdigest()
    stamp = VENV / f".{name}.installed"
    if stamp.exists() and stamp.read_text() == wanted:
        return
    say(f"Installing Python packages from {name} (a minute or two, only this once)")
    command = [VENV / "bin" / "python", "-m", "pip", "install", "-qq", "--disable-pip-version-check"]
    # The environment of a running make names its jobs; a build below it must not join in.
    quiet = {key: value for key, value in os.environ.items() if key not in {"MAKEFLAGS", "MFLAGS"}}
    try:
        subprocess.run([*command, "-r", ROOT / name], check=True, env=quiet, stdin=subprocess.DEVNULL)
    except subprocess.CalledProcessError:
        sys.exit("The Python packages could not be installed; the lines above say why.")
    stamp.write_text(wanted)


def main(arguments: list[str]) -> None:
    """Prepare, and say nothing when nothing was missing."""
    if sys.version_info < OLDEST_PYTHON:
        sys.exit(
            f"MoniDesk needs Python 3.11 or newer; this is {sys.version.split()[0]}. Try PYTHON=python3.11"
        )
    for_tests = "--dev" in arguments
    os.environ.pop("DJANGO_SETTINGS_MODULE", None)
    wanted = {**RUNTIME_PACKAGES, **(DEV_PACKAGES if for_tests else {})}
    if missing := missing_packages(wanted):
        install_packages(missing)
    # Else the tests of films and scans would be skipped, and nobody would notice when they break.
    if for_tests and may_install() and (helpful := missing_packages(HELPFUL_PACKAGES)):
        with contextlib.suppress(SystemExit):
            install_packages(helpful)
    prepare_environment()
    install_requirements("requirements-dev.txt" if for_tests else "requirements.txt")
    name_helpful_packages()


if __name__ == "__main__":
    main(sys.argv[1:])
