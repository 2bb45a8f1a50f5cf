"""Kills and failures at the n-th call of a function on the files of a run."""

import errno
from functools import partial
from itertools import product

from . import tool
from .runs import message_problems

KILLED_IN = ["open", "write", "fsync", "close", "rename", "mkdir", "unlink"]
# Errors that a call can meet on the files of a run, and the exit codes that `vae-gpu --help` has for them.
# EINTR is no failure: the call is made again.
INPUT, CREATION, WRITING = {66}, {73, 74}, {74}
ERRORS = {
    "open": {
        "EINTR": {0}, "EACCES": INPUT | CREATION, "EMFILE": INPUT | CREATION, "EIO": INPUT | CREATION,
        "ENOSPC": INPUT | CREATION,
    },
    "read": {"EINTR": {0}, "EIO": INPUT},
    "write": {"EINTR": {0}, "ENOSPC": WRITING, "EIO": WRITING, "EFBIG": WRITING, "EDQUOT": WRITING},
    "fsync": {"EINTR": {0}, "EIO": WRITING, "ENOSPC": WRITING, "EDQUOT": WRITING},
    "close": {"EINTR": {0}, "EIO": WRITING, "ENOSPC": WRITING},
    "lseek": {"EIO": INPUT | CREATION, "ENOSPC": INPUT | CREATION},
    "rename": {"EACCES": CREATION, "EIO": WRITING, "ENOSPC": WRITING, "EDQUOT": WRITING},
    # A file system without locks is no reason not to train.
    "flock": {"EINTR": {0}, "ENOLCK": {0}},
    "mkdir": {"EACCES": CREATION, "EIO": CREATION, "ENOSPC": WRITING, "EDQUOT": WRITING},
}  # fmt: skip


class Files:
    """Disturbs the calls of a run on its own files."""

    def __init__(self, runs, tally, library):
        self.runs, self.tally = runs, tally
        self.within = str(runs.folder / "run")
        self.preload = {"LD_PRELOAD": str(library), "FAULT_WITHIN": self.within}
        # How often an undisturbed process calls each function: one that trains, and one that goes on with half a run.
        self.counts = {"train": self.count(self.runs.train), "resume": self.count(self.half_resumed)}

    def count(self, action):
        """The calls that `action` makes on the files of its run."""
        self.runs.remove("run")
        path = self.runs.folder / "counts"
        result = action("run", {**self.preload, "FAULT_COUNTS": str(path)})
        if result.code != 0:
            raise SystemExit(f"faults: {result.command}: {result}")
        return {name: int(number) for name, number in map(str.split, path.read_text().splitlines())}

    def half_resumed(self, name, environment):
        """Goes on with a run that was killed in the middle."""
        self.kill_midway(name)
        return self.runs.resume(name, environment)

    def kill_midway(self, name):
        """Leaves a run that was ended behind the checkpoint of its first epoch."""
        self.runs.train(name, self.fault("rename", 5, "kill"))

    def fault(self, call, number, action, **more):
        """The environment of a fault."""
        return {
            **self.preload, "FAULT_CALL": call, "FAULT_NUMBER": str(number),
            "FAULT_ACTION": str(action), **more,
        }  # fmt: skip

    def tries(self):
        """Every try of these kinds, as functions without arguments."""
        for process, counts in self.counts.items():
            for call in KILLED_IN:
                for number in spread(counts[call], 60):
                    yield partial(self.kill, process, call, number, "kill")
                    yield partial(self.kill, process, call, number, "kill-after")
            for call, errors in ERRORS.items():
                for name, number in product(errors, spread(counts[call], 20)):
                    yield partial(self.fail, process, call, number, name, "0")
                    if name == "ENOSPC":
                        yield partial(self.fail, process, call, number, name, "1")
            for call in ("read", "write"):
                for number in spread(counts[call], 20):
                    yield partial(self.shorten, process, call, number)

    def start(self, process, environment):
        """A disturbed process of either kind."""
        self.runs.remove("run")
        if process == "train":
            return self.runs.train("run", environment)
        self.kill_midway("run")
        return self.runs.resume("run", environment)

    def kill(self, process, call, number, action):
        """A kill, then --resume."""
        result = self.start(process, self.fault(call, number, action))
        problems = []
        if result.code not in (-9, 0):
            problems.append(f"{result}")
        self.finish(f"{action} in {call}", result, problems)

    def fail(self, process, call, number, name, repeats):
        """A failed call, then --resume."""
        code, codes = getattr(errno, name), ERRORS[call][name]
        result = self.start(process, self.fault(call, number, code, FAULT_REPEAT=repeats))
        # Success is right where the call was made again or did not matter; the run must then be whole.
        problems = message_problems(result, codes | {0})
        if result.code == 0:
            problems += [f"exit 0, but {problem}" for problem in self.runs.differences("run")]
        self.finish(f"{name} of {call}", result, problems)

    def shorten(self, process, call, number):
        """A call that does half of what was asked for, which is no failure."""
        result = self.start(process, self.fault(call, number, "short"))
        problems = message_problems(result, {0})
        self.finish(f"short {call}", result, problems)

    def finish(self, kind, result, problems):
        """Goes on with the run and compares it with the undisturbed one."""
        before = self.runs.state("run")["metrics.jsonl"]
        again = self.runs.resume("run")
        if again.code != 0:
            problems.append(f"resumed: {again}")
        else:
            problems += [f"resumed: {problem}" for problem in self.runs.differences("run")]
        after = self.runs.state("run")["metrics.jsonl"]
        if again.code != 0 and len(after) < len(before):
            problems.append(f"resumed: {len(before)} lines of metrics became {len(after)}")
        self.tally.add(kind, problems, result.command)


def spread(total, most):
    """The numbers 1 ... total, or `most` of them at equal distances, the first and the last among them."""
    if total <= most:
        return range(1, total + 1)
    return sorted({1 + index * (total - 1) // (most - 1) for index in range(most)})
