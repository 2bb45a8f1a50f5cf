"""The compilers, in a folder of their own: clang and libclc from Debian, ptxas and nvdisasm from PyPI. None is installed."""

from __future__ import annotations

import os
import subprocess
import sys
import venv
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parents[1] / "Scripts"))

from unpacked import Unavailable, check, debian_packages, once, only  # noqa: E402

# libclc-19 and libclc-15, which Rusticl needs, exclude each other as installed packages; unpacked
# they do not.
PACKAGES = ["clang-19", "libclang-common-19-dev", "libclang-cpp19", "libllvm19", "libclc-19"]


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
    for part, fill in [("debian", lambda target: debian_packages(target, *PACKAGES)), ("venv", fill_environment)]:
        if not (folder / part).exists():
            print(f"gpu-report: downloading compilers into {folder / part}", file=sys.stderr)
        once(folder / part, fill)
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


def fill_environment(target: Path) -> None:
    venv.create(target, with_pip=True, symlinks=True)
    # Without the rest of the toolkit, which the two programs do not use. pip by its module: the
    # folder is renamed.
    check(
        [str(target / "bin/python"), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-deps",
         "--requirement", str(HERE / "requirements.txt")], target,
    )
