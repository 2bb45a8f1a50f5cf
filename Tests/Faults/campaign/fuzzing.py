"""Damaged files for every parser, by libFuzzer."""

import os
import re
import subprocess
from pathlib import Path

from . import tool

SCRIPT = tool.ROOT / "Scripts" / "fuzz"


def run(tally, seconds, seed):
    """Feeds each parser for `seconds`; each input is a try, and libFuzzer ends with the first failure."""
    subprocess.run([str(SCRIPT), "build"], check=True, stdout=subprocess.DEVNULL)
    for folder in sorted((tool.ROOT / "Tests" / "Fuzz" / "Corpus").iterdir()):
        feed(tally, folder.name, seconds, seed)


def feed(tally, parser, seconds, seed):
    """Feeds one parser."""
    # libFuzzer takes a seed of 0 for none.
    command = [str(SCRIPT), parser, f"-max_total_time={seconds:g}", f"-seed={seed + 1}", "-print_final_stats=1"]
    # Temporary files of the parsers that read files.
    environment = {**os.environ, "TMPDIR": str(temporary())}
    result = subprocess.run(command, env=environment, capture_output=True, text=True, errors="replace")
    found = re.search(r"stat::number_of_executed_units: *(\d+)", result.stderr)
    tries = int(found.group(1)) if found else 0
    problems = []
    if result.returncode != 0:
        lines = result.stderr.strip().splitlines()
        marks = ("SUMMARY", "Fatal error", "artifact_prefix", "fuzz:", "ERROR")
        problems = [line for line in lines if any(mark in line for mark in marks)] or lines[-3:]
    elif tries == 0:
        problems = [f"libFuzzer tells of no inputs: {result.stderr[-300:]}"]
    tally.add(f"damaged input of {parser}", problems, " ".join(command), max(tries, 1))


def temporary():
    """A folder for temporary files, in memory where there is one."""
    memory = Path("/dev/shm")
    folder = (memory if os.access(memory, os.W_OK) else tool.BUILD) / "vae-gpu-fuzz"
    folder.mkdir(parents=True, exist_ok=True)
    return folder
