"""Failures of the n-th OpenCL call, CLBlast's included, by a layer of the OpenCL loader."""

import json

from functools import partial
from itertools import product

from . import tool
from .runs import Runs, message_problems

# Statuses of a driver that has no memory, or whose device is lost.
STATUSES = {
    "CL_MEM_OBJECT_ALLOCATION_FAILURE": -4,
    "CL_OUT_OF_RESOURCES": -5,
    "CL_OUT_OF_HOST_MEMORY": -6,
    "CL_INVALID_COMMAND_QUEUE": -36,
}
NO_DEVICE = 69
FLAGS = "--hidden 16 --latent 2 --batch-size 32 --epochs 2 --log-every 2 --quiet --device 0".split()
# Commands on a trained run, and the exit codes that they may end with.
COMMANDS = [
    ("sample reference -o out.png --device 0", {0, NO_DEVICE}),
    ("reconstruct reference -o out.png --device 0", {0, NO_DEVICE}),
    ("encode reference -o out.npy --device 0", {0, NO_DEVICE}),
    ("evaluate reference --samples 2 --device 0", {0, NO_DEVICE}),
    ("bench --work linear --steps 1 --repeats 1 --gemm clblast --device 0", {0, NO_DEVICE}),
    # What these look for is a failing device: 1 is "a failure was found".
    ("devices", {0, NO_DEVICE}),
    ("doctor", {0, 1, NO_DEVICE}),
]


class OpenCL:
    """Makes the calls of training, with the engine's own matrix products and with CLBlast's, and of other commands fail."""

    def __init__(self, folder, tally, library):
        self.tally = tally
        self.layer = {"OPENCL_LAYERS": str(library)}
        # Caches of the campaign's own, warm after the first run.
        cache = tool.BUILD / "cache"
        caches = {
            name: {"VAE_GPU_CACHE": str(cache / name), "POCL_CACHE_DIR": str(cache / "pocl")}
            for name in ("own", "clblast")
        }
        (cache / "pocl").mkdir(parents=True, exist_ok=True)
        self.device = self.first_device()
        prefer_clblast(cache / "clblast" / "tuning", self.device)
        self.runs = {
            name: Runs(folder / name, FLAGS, environment) for name, environment in caches.items()
        }
        self.environment = caches["own"]

    def first_device(self):
        """The OpenCL device that is disturbed; without one this part of the campaign would try nothing."""
        devices = json.loads(tool.run(["devices", "--json"], tool.BUILD).output)
        found = [device for device in devices if device["selector"] == "0"]
        if not found:
            raise SystemExit("faults: no OpenCL device; install pocl-opencl-icd")
        return found[0]

    def count(self, action):
        """The calls that `action` makes, by function."""
        path = tool.BUILD / "counts"
        action({**self.layer, "FAULT_COUNTS": str(path)})
        lines = path.read_text().splitlines() if path.exists() else []
        counts = {name: int(number) for name, number in map(str.split, lines)}
        if not sum(counts.values()):
            raise SystemExit("faults: the OpenCL loader takes no layers (OPENCL_LAYERS); ocl-icd 2.3 does")
        return {name: number for name, number in counts.items() if number}

    def faults(self, counts):
        """Environments of faults: each call of a function alone, and all from it on."""
        for call, total in counts.items():
            for number, (status, repeats) in product(chosen(total), product(STATUSES.values(), "01")):
                yield {
                    **self.layer, "FAULT_CALL": call, "FAULT_NUMBER": str(number),
                    "FAULT_STATUS": str(status), "FAULT_REPEAT": repeats,
                }  # fmt: skip

    def tries(self):
        """Every try of these kinds, as functions without arguments."""
        for name, runs in self.runs.items():
            runs.remove("run")
            for fault in self.faults(self.count(partial(runs.train, "run"))):
                yield partial(self.train, name, runs, fault)
        for command, codes in COMMANDS:
            call = partial(tool.run, command.split(), self.runs["own"].folder)
            counts = self.count(lambda fault, call=call: call({**self.environment, **fault}))
            for fault in self.faults(counts):
                yield partial(self.use, command, codes, call, fault)

    def train(self, name, runs, fault):
        """A training run that fails ends with one line and 69, and goes on to the same bytes."""
        runs.remove("run")
        result = runs.train("run", fault)
        problems = message_problems(result, {0, NO_DEVICE})
        if result.code == 0:
            problems += [f"exit 0, but {problem}" for problem in runs.differences("run")]
        again = runs.resume("run")
        if again.code != 0:
            problems.append(f"resumed: {again}")
        else:
            problems += [f"resumed: {problem}" for problem in runs.differences("run")]
        self.tally.add(f"OpenCL call of train, {name} products", problems, result.command)

    def use(self, command, codes, call, fault):
        """Another command that fails ends with one line, and leaves no half of a file."""
        outputs = [self.runs["own"].folder / name for name in ("out.png", "out.npy")]
        for path in outputs:
            path.unlink(missing_ok=True)
        result = call({**self.environment, **fault})
        problems = message_problems(result, codes)
        if result.code != 0 and any(path.exists() for path in outputs):
            problems.append("a failed command has written its output")
        self.tally.add(f"OpenCL call of {command.split()[0]}", problems, result.command)


def chosen(total):
    """Which of the calls of a function fail: the first ones, then ever fewer, and the last."""
    numbers, number = {total}, 1
    while number <= total:
        numbers.add(number)
        number = max(number + 1, number * 3 // 2)
    return sorted(numbers)


def prefer_clblast(folder, device):
    """Writes tuning results by which CLBlast computes every matrix product of the small model."""
    extents = (2, 4, 16, 32, 64)
    entries = [
        {
            "gflops": 1, "variant": "clblast",
            "shape": {"m": m, "n": n, "k": k, "transposeA": a, "transposeB": b},
        }
        for m, n, k in product(extents, repeat=3)
        for a, b in product((False, True), repeat=2)
    ]  # fmt: skip
    words = f"{device['platform']} {device['name']} {device['driver']}".lower()
    parts = "".join(c if c.isascii() and (c.isalnum() or c == ".") else " " for c in words).split()
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{'-'.join(parts)[:180]}.json").write_text(
        json.dumps(
            {
                "version": 3, "platform": device["platform"], "device": device["name"],
                "driver": device["driver"], "entries": entries,
            }
        )  # fmt: skip
    )
