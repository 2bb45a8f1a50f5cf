"""A runtime as one OpenCL device: alone in its process, with caches of its own, as a CPU or as a GPU."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

from runtimes import Runtime, Unavailable

ROOT = Path(__file__).resolve().parents[2]
BINARY = ROOT / ".build/release/vae-gpu"
TESTS = ROOT / ".build/release/vae-gpuPackageTests.xctest"


@dataclass
class Outcome:
    """A process that ended or was stopped. `code` is None after the time limit."""

    code: int | None
    text: str
    seconds: float

    @property
    def failure(self) -> str | None:
        """Why it failed in one line; None if it did not."""
        if self.code == 0:
            return None
        lines = [line for line in self.text.strip().splitlines() if line.strip()]
        reason = f"stopped after {self.seconds:.0f} s" if self.code is None else f"exit status {self.code}"
        return f"{reason}: {lines[-1]}" if lines else reason


def run(command: list[str], environment: dict[str, str], limit: float, folder: Path = ROOT) -> Outcome:
    """Runs a command in a process group of its own, which ends with the limit."""
    started = time.monotonic()
    process = subprocess.Popen(
        command, cwd=folder, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT, text=True, errors="replace", start_new_session=True,
    )
    try:
        text, _ = process.communicate(timeout=limit)
        code: int | None = process.returncode
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        text, _ = process.communicate()
        code = None
    return Outcome(code, text, time.monotonic() - started)


def compile_layer(folder: Path) -> Path:
    """The layer that makes devices report the type GPU."""
    compiler = next((name for name in ("cc", "clang", "gcc") if shutil.which(name)), None)
    if compiler is None:
        raise Unavailable("no C compiler for Tests/OpenCLLayers; apt-get install gcc")
    layer = folder / "report_gpu.so"
    source = ROOT / "Tests/OpenCLLayers/report_gpu.c"
    done = run([compiler, "-O1", "-shared", "-fPIC", str(source), "-o", str(layer)], dict(os.environ), 60)
    if done.failure:
        raise Unavailable(f"Tests/OpenCLLayers/report_gpu.c: {done.failure}")
    return layer


class Device:
    """The one OpenCL device that `vae-gpu` and the tests see in this environment."""

    def __init__(self, name: str, runtime: Runtime, layer: Path | None, folder: Path) -> None:
        self.name = name
        self.folder = folder
        vendors, caches = folder / "vendors", folder / "cache"
        for needed in (vendors, caches / "driver", caches / "vae-gpu"):
            needed.mkdir(parents=True, exist_ok=True)
        (vendors / "runtime.icd").write_text(f"{runtime.library}\n")
        own = ("VAE_GPU_", "OCL_", "OPENCL_", "POCL_", "OCLGRIND_", "CLBLAST_")
        self.environment = {key: value for key, value in os.environ.items() if not key.startswith(own)}
        self.environment |= {
            "OCL_ICD_VENDORS": str(vendors), "VAE_GPU_CACHE": str(caches / "vae-gpu"),
            "POCL_CACHE_DIR": str(caches / "driver"), "MESA_SHADER_CACHE_DIR": str(caches / "driver"),
            "NO_COLOR": "1", **runtime.environment,
        }
        if layer is not None:
            self.environment["OPENCL_LAYERS"] = str(layer)
        self.info = self._find()
        if layer is not None and self.info["type"] != "gpu":
            raise Unavailable(f"the loader does not take layers: the device's type is {self.info['type']}")

    def _find(self) -> dict[str, object]:
        done = run([str(BINARY), "devices", "--json"], self.environment, 120)
        if done.failure:
            raise Unavailable(f"vae-gpu devices: {done.failure}")
        listed = next((line for line in done.text.splitlines() if line.startswith("[")), "[]")
        found = [device for device in json.loads(listed) if device["index"] is not None]
        if len(found) != 1:
            raise Unavailable(f"vae-gpu devices: {len(found)} OpenCL devices, not one")
        return found[0]
