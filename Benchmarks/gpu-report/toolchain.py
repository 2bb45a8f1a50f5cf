"""The compilers, in a folder of their own: clang and libclc from Debian, ptxas and nvdisasm from PyPI. None is installed."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import venv
from dataclasses import dataclass
from pathlib import Path
from typing import Callable

HERE = Path(__file__).resolve().parent
# libclc-19 and libclc-15, which Rusticl needs, exclude each other as installed packages; unpacked
# they do not.
PACKAGES = ["clang-19", "libclang-common-19-dev", "libclang-cpp19", "libllvm19", "libclc-19"]


class Unavailable(Exception):
    """A compiler that this machine cannot be given; the text says why."""


@dataclass
class Toolchain:
    clang: Path
    libclc: Path
    ptxas: Path
    nvdisasm: Path
    environment: dict[str, str]

    def run(self, *command: str | Path) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [str(word) for word in command], capture_output=True, text=True, env=self.environment, timeout=1200
        )

    def versions(self) -> list[str]:
        def line(tool: Path, containing: str) -> str:
            lines = self.run(tool, "--version").stdout.splitlines()
            return next((line for line in lines if containing in line), "unknown version")

        return [line(self.clang, "clang version"), "ptxas " + line(self.ptxas, "release").split(", ")[-1]]


def prepare(folder: Path) -> Toolchain:
    """Downloads what is missing into the folder."""
    once(folder / "debian", unpack_packages)
    once(folder / "venv", fill_environment)
    root = folder / "debian/usr/lib"
    libraries = [str(path) for path in [*root.glob("*-linux-gnu"), root / "llvm-19/lib"]]
    scripts = only(folder / "venv", "lib/python3*/site-packages/nvidia/*/bin/ptxas").parent
    toolchain = Toolchain(
        root / "llvm-19/bin/clang", root / "clc", scripts / "ptxas", scripts / "nvdisasm",
        {**os.environ, "LD_LIBRARY_PATH": ":".join(libraries), "LC_ALL": "C"},
    )
    for tool in [toolchain.clang, toolchain.ptxas, toolchain.nvdisasm]:
        done = toolchain.run(tool, "--version")
        if done.returncode != 0:
            lines = (done.stderr or done.stdout).strip().splitlines()
            raise Unavailable(f"{tool} does not run: {lines[-1] if lines else done.returncode}")
    return toolchain


def unpack_packages(target: Path) -> None:
    check(["apt-get", "download", "-qq", *PACKAGES], target)
    for package in target.glob("*.deb"):
        check(["dpkg-deb", "-x", package.name, "."], target)
        package.unlink()


def fill_environment(target: Path) -> None:
    venv.create(target, with_pip=True, symlinks=True)
    # Without the rest of the toolkit, which the two programs do not use. pip by its module: the
    # folder is renamed.
    check(
        [str(target / "bin/python"), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-deps",
         "--requirement", str(HERE / "requirements.txt")], target,
    )


def only(folder: Path, pattern: str) -> Path:
    found = sorted(folder.glob(pattern))
    if not found:
        raise Unavailable(f"no {pattern} in {folder}")
    return found[0]


def once(folder: Path, fill: Callable[[Path], None]) -> None:
    """Fills a folder whole or not at all."""
    if folder.exists():
        return
    print(f"gpu-report: downloading compilers into {folder}", file=sys.stderr)
    part = folder.with_name(folder.name + ".part")
    shutil.rmtree(part, ignore_errors=True)
    part.mkdir(parents=True)
    fill(part)
    part.rename(folder)


def check(command: list[str], folder: Path) -> None:
    try:
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=1200)
    except (OSError, subprocess.TimeoutExpired) as error:
        raise Unavailable(f"{command[0]}: {error}") from error
    if done.returncode != 0:
        lines = (done.stderr or done.stdout).strip().splitlines()
        raise Unavailable(f"{' '.join(command[:4])}: {lines[-1] if lines else f'exit status {done.returncode}'}")
