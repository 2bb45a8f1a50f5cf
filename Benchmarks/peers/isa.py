"""Keeps a program to an instruction set that the processor exceeds: `keep_isa.c`, compiled and preloaded."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

from harness import fail

FOLDER = Path(__file__).resolve().parent
LIBRARY = FOLDER.parent.parent / ".build" / "peers" / "keep_isa.so"
LEVELS = ("x86-64-v2", "x86-64-v3", "x86-64-v4")


def flags() -> set[str]:
    """The flags of the first processor in /proc/cpuinfo."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return set()
    return next((set(line.split(":", 1)[1].split()) for line in lines if line.startswith("flags")), set())


def highest() -> str:
    """The highest of LEVELS that the processor has."""
    found = flags()
    if {"avx512f", "avx512bw", "avx512cd", "avx512dq", "avx512vl"} <= found:
        return "x86-64-v4"
    return "x86-64-v3" if {"avx2", "fma", "bmi2"} <= found else "x86-64-v2"


def check(levels: list[str]) -> None:
    """Ends this program with one line if one of `levels` is unknown or programs cannot be kept to it."""
    for level in levels:
        if level not in LEVELS:
            fail(f"--isa: unknown '{level}'; one of {', '.join(LEVELS)}")
        if LEVELS.index(level) > LEVELS.index(highest()):
            fail(f"--isa {level}: the processor has {highest()}")
        if level != highest() and "cpuid_fault" not in flags():
            fail(f"--isa {level}: nothing keeps PyTorch and JAX to it, because the processor has no cpuid_fault; "
                 f"measure {highest()}")


def kept(level: str) -> list[str]:
    """The start of a command line that keeps the rest of it to `level`; empty for the processor's own.

    Compiles `keep_isa.c` where that was not done. Code that PyTorch compiles is cached apart from that of other
    levels.
    """
    if not level or level == highest():
        return []
    source = FOLDER / "keep_isa.c"
    if not LIBRARY.exists() or LIBRARY.stat().st_mtime < source.stat().st_mtime:
        compiler = shutil.which("cc") or shutil.which("clang")
        if not compiler:
            fail("no C compiler in PATH; apt-get install gcc")
        LIBRARY.parent.mkdir(parents=True, exist_ok=True)
        command = [compiler, "-std=gnu11", "-O2", "-Wall", "-Wextra", "-Werror", "-shared", "-fPIC", str(source)]
        done = subprocess.run([*command, "-o", str(LIBRARY), "-ldl"], capture_output=True, text=True, check=False)
        if done.returncode != 0:
            fail(f"{source.name} does not compile: {done.stderr.strip().splitlines()[0]}")
    cache = f"TORCHINDUCTOR_CACHE_DIR={LIBRARY.parent / ('inductor-' + level)}"
    preloaded = " ".join(filter(None, [str(LIBRARY), os.environ.get("LD_PRELOAD")]))
    return ["env", f"KEEP_ISA={level}", cache, f"LD_PRELOAD={preloaded}"]
