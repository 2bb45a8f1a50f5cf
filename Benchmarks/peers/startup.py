"""Start-up and memory of vae-gpu against PyTorch: a whole process that trains mlp400 on Fashion-MNIST for one step.

Of each process: seconds from its start to its line about step 1 and the peak resident memory by then (VmHWM of
/proc), seconds to its end and the peak by then (wait4). After the step vae-gpu also evaluates the test set, saves and
draws pictures; the PyTorch script ends. One run of each warms the file cache, then they alternate; medians count.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import quiet
from harness import Record, fail
from programs import BINARY, FOLDER, last_line, machine, version
from ratios import markdown

DATA = "/usr/share/datasets/fashion-mnist"  # Debian's package dataset-fashion-mnist
KEYS = ["first_step_s", "first_step_peak_mib", "whole_s", "whole_peak_mib"]


def peak_mib(pid: int) -> float | None:
    """The peak resident memory of a running process so far, in MiB."""
    try:
        match = re.search(r"VmHWM:\s+(\d+) kB", Path(f"/proc/{pid}/status").read_text(encoding="ascii"))
    except OSError:
        return None
    return int(match[1]) / 1024 if match else None


def measure(command: list[str], folder: str) -> Record:
    """Runs `command` in `folder`. Ends this program with one line if it fails or says nothing of a step 1."""
    watch, start = quiet.Watch(), time.perf_counter()
    try:
        child = subprocess.Popen(
            command, cwd=folder, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        )
    except OSError as error:
        fail(f"cannot run {command[0]}: {error.strerror}")
    assert child.stdout
    found: Record = {}
    said = ""
    for line in child.stdout:
        if line.startswith("step 1 ") and not found:
            # The memory first: the process goes on.
            found = {"first_step_peak_mib": peak_mib(child.pid), "first_step_s": time.perf_counter() - start}
        said += line
    _, status, usage = os.wait4(child.pid, 0)
    child.returncode = os.waitstatus_to_exitcode(status)
    if child.returncode != 0:
        fail(f"{os.path.basename(command[0])} failed with {child.returncode}: {last_line(said)}")
    if not found:
        fail(f"{os.path.basename(command[0])} did not say when step 1 was done: {last_line(said)}")
    program = re.search(r"^PyTorch (\S+)$", said, re.MULTILINE)
    found["version"] = program[1] if program else None
    whole = {"whole_s": time.perf_counter() - start, "whole_peak_mib": usage.ru_maxrss / 1024}
    return found | whole | {"others_cpus": round(watch.others(), 2)}


def measure_alone(command: Callable[[str], list[str]], tries: int = 4) -> Record:
    """As `measure`, in a new empty folder, again while other programs take the processors, at most `tries` times."""
    attempts: list[Record] = []
    while not attempts or (attempts[-1]["others_cpus"] > quiet.LIMIT and len(attempts) < tries):
        if attempts:
            quiet.wait()
        with tempfile.TemporaryDirectory() as folder:
            attempts.append(measure(command(folder), folder))
    return min(attempts, key=lambda one: one["others_cpus"])


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--vae-gpu", default=str(BINARY), help="the program (default: .build/release/vae-gpu)")
    parser.add_argument("--data", default=DATA, help=f"a directory with IDX files (default: {DATA})")
    parser.add_argument("--device", default="cpu", help="of vae-gpu (default: cpu)")
    parser.add_argument("--torch-device", default="cpu", choices=["cpu", "cuda"])
    parser.add_argument("--runs", type=int, default=5, help="timed runs of each program (default: 5)")
    parser.add_argument("--json", metavar="FILE", help="write every run to this file")
    return parser.parse_args()


def main() -> None:
    given = arguments()
    if not Path(given.data).is_dir():
        fail(f"no directory {given.data}; apt-get install dataset-fashion-mnist, or --data DIRECTORY")
    vae_gpu = str(Path(given.vae_gpu).resolve())
    about = machine() | {"vae_gpu": version(vae_gpu)}
    data = str(Path(given.data).resolve())
    flags = ["--device", given.device, "--data", data, "--max-steps", "1", "--log-every", "1"]
    script = str(FOLDER / "torch_startup.py")
    commands: dict[str, Callable[[str], list[str]]] = {
        "vae-gpu": lambda folder: [vae_gpu, "train", "--out", f"{folder}/run", *flags],
        "PyTorch": lambda _: [sys.executable, script, "--data", data, "--device", given.torch_device],
    }
    runs: dict[str, list[Record]] = {name: [] for name in commands}
    for number in range(given.runs + 1):
        for name, command in commands.items():
            record = measure_alone(command)
            if number:
                runs[name].append(record)
    medians = {name: {key: statistics.median(one[key] for one in runs[name]) for key in KEYS} for name in runs}
    about["torch"] = runs["PyTorch"][0]["version"]
    rows = []
    for name, of in medians.items():
        version_of = about["torch" if name == "PyTorch" else "vae_gpu"]
        figures = (f"{of[key]:,.2f}" if key.endswith("_s") else f"{of[key]:,.0f}" for key in KEYS)
        rows.append([f"{name} {version_of}", *figures])
    rows.append(["PyTorch / vae-gpu", *(f"{medians['PyTorch'][key] / medians['vae-gpu'][key]:.1f}" for key in KEYS)])
    head = ["program", "first step, s", "peak memory, MiB", "whole process, s", "peak memory, MiB"]
    print(markdown(head, rows, text={0}))
    others = max(one["others_cpus"] for records in runs.values() for one in records)
    if others > quiet.LIMIT:
        print(f"other programs took {others:.1f} processors; run again on a quiet machine", file=sys.stderr)
    if given.json:
        document = {"machine": about, "medians": medians, "runs": runs}
        try:
            Path(given.json).write_text(json.dumps(document, indent=1) + "\n", encoding="utf-8")
        except OSError as error:
            fail(f"cannot write {given.json}: {error.strerror}")


if __name__ == "__main__":
    main()
