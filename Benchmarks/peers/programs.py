"""Programs that the comparison runs: one child process each, JSON lines on stdout, and the machine they run on."""

from __future__ import annotations

import json
import os
import platform
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import isa
import quiet
from harness import Record, fail, processors

FOLDER = Path(__file__).resolve().parent
ROOT = FOLDER.parent.parent
BINARY = ROOT / ".build" / "release" / "vae-gpu"


def last_line(text: str | None) -> str:
    """The last line with words in it."""
    lines = [line.strip() for line in (text or "").splitlines() if any(map(str.isalpha, line))]
    return lines[-1] if lines else "no message"


def run(command: list[str], timeout: float) -> list[Record]:
    """The JSON objects that `command` prints, at least one. Ends this program with one line if it cannot have them.

    `timeout` is in seconds.
    """
    shown = " ".join([os.path.basename(command[0]), *(os.path.basename(part) for part in command[1:])])
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=timeout, check=False)
    except OSError as error:
        fail(f"cannot run {command[0]}: {error.strerror}; 'make build' makes vae-gpu, --vae-gpu says where it is")
    except subprocess.TimeoutExpired:
        fail(f"'{shown}' took longer than {timeout:.0f} s; --timeout gives it more")
    if done.returncode != 0:
        fail(f"'{shown}' failed with {done.returncode}: {last_line(done.stderr)}")
    try:
        records = [json.loads(line) for line in done.stdout.splitlines() if line.strip()]
    except json.JSONDecodeError:
        fail(f"'{shown}' printed something that is not JSON: {last_line(done.stdout)}")
    if not records:
        fail(f"'{shown}' printed no figure: {last_line(done.stderr)}")
    return records


def run_alone(command: list[str], timeout: float, tries: int = 4) -> Record:
    """As `run`, the first object, again while other programs take the processors, at most `tries` times.

    The object tells as `others_cpus` how many processors others kept busy; of disturbed runs that with the fewest
    counts, whatever its figure.
    """
    attempts: list[Record] = []
    for _ in range(tries):
        watch = quiet.Watch()
        record = run(command, timeout)[0]
        attempts.append(record | {"others_cpus": round(watch.others(), 2)})
        if attempts[-1]["others_cpus"] <= quiet.LIMIT:
            break
        if len(attempts) < tries:
            quiet.wait()
    return min(attempts, key=lambda one: one["others_cpus"])


@dataclass(frozen=True)
class Program:
    """One column of the comparison: a framework in one mode on one device."""

    kind: str  # vae-gpu, torch, jax or tinygrad
    device: str
    mode: str = ""  # of vae-gpu: its --gemm, on the CPU its instruction set, or nothing
    precision: str = "fp32"
    flags: tuple[str, ...] = ()
    isa: str = ""  # of a peer on the CPU: the instruction set that it is kept to, or nothing
    vae_gpu: str = str(BINARY)

    @property
    def name(self) -> str:
        """For example `vae-gpu 0 tuned`, `torch cpu compile-fused`."""
        return " ".join(part for part in (self.kind, self.device, self.mode, self.isa) if part)

    def command(self, work: str) -> list[str]:
        """The command line that measures one workload."""
        if self.kind == "vae-gpu":
            forced = ["env", f"VAE_GPU_ISA={self.mode}"] if self.mode and self.device == "cpu" else []
            own = ["--gemm", self.mode] if self.mode and self.device != "cpu" else []
            own += ["--precision", self.precision] if self.precision != "fp32" else []
            return [*forced, self.vae_gpu, "bench", "--json", "--device", self.device, "--work", work, *own, *self.flags]
        script = [*isa.kept(self.isa), sys.executable, str(FOLDER / f"{self.kind}_peer.py"), "--json", "--device", self.device]
        chosen = ["--modes", self.mode] if self.kind == "torch" else []
        chosen += ["--precisions", self.precision] if self.kind in ("torch", "jax") else []
        return [*script, "--work", work, *chosen, *self.flags]


def version(vae_gpu: str) -> str:
    """What `vae-gpu --version` prints."""
    try:
        done = subprocess.run([vae_gpu, "--version"], capture_output=True, text=True, timeout=60, check=False)
    except (OSError, subprocess.TimeoutExpired):
        fail(f"cannot run {vae_gpu}; 'make build' makes it, --vae-gpu says where it is")
    return done.stdout.strip()


def machine() -> Record:
    """Processor, its number of cores, and operating system."""
    cpu, system = platform.processor() or platform.machine(), platform.platform()
    for file, key in [("/proc/cpuinfo", "model name"), ("/etc/os-release", "PRETTY_NAME")]:
        try:
            lines = Path(file).read_text(encoding="utf-8").splitlines()
        except OSError:
            continue
        for line in lines:
            if line.startswith(key):
                value = line.split("=" if "=" in line else ":", 1)[1].strip().strip('"')
                cpu, system = (value, system) if key == "model name" else (cpu, value)
                break
    return {"cpu": cpu, "cores": processors(), "system": system, "python": platform.python_version()}
