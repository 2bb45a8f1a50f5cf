"""Runs the program under test, with or without a fault."""

import os
import signal
import struct
import subprocess
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
BUILD = ROOT / ".build" / "faults"
TOOL = Path(os.environ.get("VAE_GPU_TEST_BINARY", ROOT / ".build" / "release" / "vae-gpu"))
PREFIX = "vae-gpu: "
# A run takes less than a second; a compilation of kernels on a cold cache may take minutes.
TIME_LIMIT = 600


@dataclass
class Result:
    """A process that has ended; `code` is negative for one that a signal has ended."""

    command: str
    code: int
    output: str
    errors: str
    hung: bool

    @property
    def lines(self):
        """The lines on standard error that are the program's messages."""
        return [line for line in self.errors.splitlines() if line.startswith(PREFIX)]

    def __str__(self):
        text = self.errors.strip()
        return f"exit {'hung' if self.hung else self.code}: {text[-600:]}"


def run(arguments, folder, environment=None):
    """Runs the program in `folder` and waits for its end."""
    environment = environment or {}
    command = " ".join(
        [f"{key}={value}" for key, value in environment.items()] + ["vae-gpu"] + list(arguments)
    )
    # Without the handler a trap of Swift is a signal at once, not a minute of symbols.
    base = {"SWIFT_BACKTRACE": "enable=no"}
    process = subprocess.Popen(
        [str(TOOL), *arguments],
        cwd=folder,
        env={**os.environ, **base, **environment},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        errors="replace",
    )
    hung = False
    try:
        output, errors = process.communicate(timeout=TIME_LIMIT)
    except subprocess.TimeoutExpired:
        process.send_signal(signal.SIGKILL)
        output, errors = process.communicate()
        hung = True
    return Result(command, process.returncode, output, errors, hung)


def compiler():
    """The C compiler of the environment, else clang, which Swift brings along."""
    return os.environ.get("CC", "clang")


def build_library(source, name):
    """Compiles a C file to a shared library in .build/faults and returns its path."""
    BUILD.mkdir(parents=True, exist_ok=True)
    library = BUILD / name
    command = [compiler(), "-Wall", "-Wextra", "-Werror", "-O1", "-shared", "-fPIC", str(source)]
    subprocess.run([*command, "-o", str(library), "-ldl"], check=True)
    return library


def write_images(folder, sizes=(160, 64), side=8):
    """Writes a data set of bars as IDX files: image i has bar i % 4."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, count in zip(("train", "t10k"), sizes):
        pixels = bytearray()
        for image in range(count):
            for pixel in range(side * side):
                is_bar = pixel % side // 2 == image % 4
                pixels.append(255 if is_bar else 60 if pixel // side // 2 == image // 4 % 4 else 0)
        header = struct.pack(">IIII", 0x803, count, side, side)
        (folder / f"{name}-images-idx3-ubyte").write_bytes(header + pixels)
