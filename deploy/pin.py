"""Write requirements.txt and requirements-dev.txt: exactly what this environment holds.

Runtime is what requirements.in reaches through the dependencies of installed packages; everything
else that requirements-dev.in reaches is for development. No index address is written.
"""

from __future__ import annotations

from importlib import metadata
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parents[1]


def direct(name: str) -> list[Requirement]:
    """Read one file of direct requirements."""
    lines = (line.split("#")[0].strip() for line in (ROOT / name).read_text().splitlines())
    return [Requirement(line) for line in lines if line and not line.startswith("-")]


def closure(wanted: list[Requirement]) -> dict[str, str]:
    """Follow the dependencies of installed packages; name to version."""
    found: dict[str, str] = {}
    seen: set[tuple[str, frozenset[str]]] = set()
    waiting = list(wanted)
    while waiting:
        one = waiting.pop()
        name = canonicalize_name(one.name)
        if (name, frozenset(one.extras)) in seen:
            continue
        seen.add((name, frozenset(one.extras)))
        package = metadata.distribution(name)
        found[name] = package.version
        for line in package.requires or []:
            needed = Requirement(line)
            if needed.marker is None or any(
                needed.marker.evaluate({"extra": extra}) for extra in {"", *one.extras}
            ):
                waiting.append(needed)
    return found


def write(name: str, packages: dict[str, str], heading: str) -> None:
    """Write one pinned file."""
    lines = [f"{package}=={version}" for package, version in sorted(packages.items())]
    (ROOT / name).write_text("\n".join([heading, *lines]) + "\n")


def main() -> None:
    """Write both files."""
    runtime = closure(direct("requirements.in"))
    telemetry = closure(direct("requirements-telemetry.in"))
    development = closure(direct("requirements-dev.in"))
    extra = {name: version for name, version in development.items() if name not in runtime}
    heading = "# Made by `make pin` from {}; do not edit."
    write("requirements.txt", runtime, heading.format("requirements.in"))
    sent = {name: version for name, version in telemetry.items() if name not in runtime}
    write("requirements-telemetry.txt", sent, heading.format("requirements-telemetry.in"))
    write("requirements-dev.txt", extra, heading.format("requirements-dev.in") + "\n-r requirements.txt")


if __name__ == "__main__":
    main()
