"""A training run that is disturbed, gone on with, and compared with one that never was."""

import hashlib
import json
import shutil
from pathlib import Path

from . import tool

# Messages of which exactly one ends a run that fails.
ERROR = tool.PREFIX + "error: "
# Metrics that a clock decides.
TIMES = ("seconds", "images_per_s", "images_per_second")


class Runs:
    """Runs of one command line in a folder of their own."""

    def __init__(self, folder, flags, environment=None):
        self.folder = Path(folder)
        self.flags = flags
        self.environment = environment or {}
        shutil.rmtree(self.folder, ignore_errors=True)
        tool.write_images(self.folder / "data")
        self.expected = self.reference()

    def train(self, name, environment=None):
        """Trains a new run."""
        arguments = ["train", "--data", "data", *self.flags, "--out", name]
        return tool.run(arguments, self.folder, {**self.environment, **(environment or {})})

    def resume(self, name, environment=None):
        """Goes on with a run; one that was ended before it had its settings is begun again."""
        if not (self.folder / name / "config.toml").exists():
            return self.train(name, environment)
        arguments = ["train", "--resume", name, "--quiet"]
        return tool.run(arguments, self.folder, {**self.environment, **(environment or {})})

    def reference(self):
        """The state that every run must end in."""
        result = self.train("reference")
        if result.code != 0:
            raise SystemExit(f"faults: the undisturbed run fails: {result.command}: {result}")
        return self.state("reference")

    def remove(self, name):
        """Removes a run."""
        shutil.rmtree(self.folder / name, ignore_errors=True)

    def state(self, name):
        """Hashes of the files of a run, and its metrics without times."""
        run = self.folder / name
        files = ["checkpoints/last.safetensors", "checkpoints/best.safetensors"]
        files += ["samples.png", "reconstructions.png"]
        state = {}
        for file in files:
            path = run / file
            state[file] = hashlib.sha256(path.read_bytes()).hexdigest() if path.exists() else None
        lines = (run / "metrics.jsonl").read_text().splitlines() if (run / "metrics.jsonl").exists() else []
        state["metrics.jsonl"] = [without_times(line) for line in lines]
        return state

    def differences(self, name):
        """What the run at `name` lacks of the undisturbed one, and what it should not have."""
        found = self.state(name)
        problems = []
        for key, expected in self.expected.items():
            if found[key] == expected:
                continue
            if key == "metrics.jsonl":
                problems.append(compare_lines(found[key], expected))
            else:
                problems.append(f"{key} {'is missing' if found[key] is None else 'differs'}")
        left = [path.name for path in (self.folder / name).rglob(".writing-*")]
        if left:
            problems.append(f"temporary files stay behind: {', '.join(left)}")
        return problems


def without_times(line):
    """A line of metrics without the figures that a clock decides."""
    try:
        values = json.loads(line)
    except ValueError:
        return f"not JSON: {line!r}"
    return {key: value for key, value in values.items() if key not in TIMES}


def compare_lines(found, expected):
    """The first difference between two lists of metrics, in words."""
    for index, (a, b) in enumerate(zip(found, expected)):
        if a == b:
            continue
        if not isinstance(a, dict):
            return f"metrics.jsonl, line {index + 1}: {a}"
        keys = [key for key in b if a.get(key) != b[key]]
        parts = ", ".join(f"{key} {a.get(key)} for {b[key]}" for key in keys[:3])
        return f"metrics.jsonl, line {index + 1} (step {b.get('step')}, {b.get('split')}): {parts}"
    return f"metrics.jsonl has {len(found)} lines for {len(expected)}"


def message_problems(result, codes):
    """What is wrong with how a failed process ended: its exit code must be one of `codes`, its message one line."""
    if result.hung:
        return ["hung"]
    if result.code < 0:
        return [f"ended by signal {-result.code}: {result}"]
    problems = []
    if result.code not in codes:
        problems.append(f"exit code {result.code}, not {' or '.join(map(str, sorted(codes)))}: {result}")
    errors = [line for line in result.lines if line.startswith(ERROR)]
    if result.code != 0 and len(errors) != 1:
        problems.append(f"{len(errors)} error lines: {result}")
    return problems
