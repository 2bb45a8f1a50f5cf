"""Programs and libraries of Debian and PyPI in folders of their own, without installing any."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path
from typing import Callable


class Unavailable(Exception):
    """Something that this machine cannot be given; the text says why."""


def once(folder: Path, fill: Callable[[Path], None]) -> None:
    """Fills a folder whole or not at all."""
    if folder.exists():
        return
    part = folder.with_name(folder.name + ".part")
    shutil.rmtree(part, ignore_errors=True)
    part.mkdir(parents=True)
    fill(part)
    part.rename(folder)


def debian_packages(target: Path, *names: str) -> None:
    """Downloads Debian packages and unpacks them into the folder. Packages that exclude each other as installed ones
    do not exclude each other here."""
    check(["apt-get", "download", "-qq", *names], target)
    for package in target.glob("*.deb"):
        check(["dpkg-deb", "-x", package.name, "."], target)
        package.unlink()


def only(folder: Path, pattern: str) -> Path:
    """The first path in the folder that matches."""
    found = sorted(folder.glob(pattern))
    if not found:
        raise Unavailable(f"no {pattern} in {folder}")
    return found[0]


def check(command: list[str], folder: Path) -> None:
    """Runs a command in the folder; raises Unavailable with the last line of what it says where it fails."""
    try:
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=1200)
    except (OSError, subprocess.TimeoutExpired) as error:
        raise Unavailable(f"{command[0]}: {error}") from error
    if done.returncode != 0:
        lines = (done.stderr or done.stdout).strip().splitlines()
        raise Unavailable(f"{' '.join(command[:4])}: {lines[-1] if lines else f'exit status {done.returncode}'}")
