"""Steps of the wall clock during a run."""

import json
from functools import partial

from . import tool
from .runs import message_problems

STEPS = (-10**6, -1000, 1000, 10**9)


class Clocks:
    """Steps the wall clock at its n-th reading: times stay positive and in order, results are the same."""

    def __init__(self, runs, tally, library):
        self.runs, self.tally = runs, tally
        self.preload = {"LD_PRELOAD": str(library)}

    def tries(self):
        """Every try of these kinds, as functions without arguments."""
        for step in STEPS:
            for number in (1, 2, 3, 5, 8, 13, 50):
                yield partial(self.step, step, number)

    def step(self, step, number):
        """One step of the clock while a run is trained."""
        self.runs.remove("run")
        arguments = ["train", "--data", "data", *self.runs.flags, "--json", "--out", "run"]
        fault = {**self.preload, "FAULT_CLOCK": str(step), "FAULT_NUMBER": str(number)}
        result = tool.run(arguments, self.runs.folder, fault)
        problems = message_problems(result, {0})
        if result.code == 0:
            problems += self.runs.differences("run")
            seconds = json.loads(result.output)["seconds"]
            if not 0 <= seconds < tool.TIME_LIMIT:
                problems.append(f"--json says that it took {seconds} seconds")
        lines = (self.runs.folder / "run" / "metrics.jsonl").read_text().splitlines()
        times = [json.loads(line)["seconds"] for line in lines]
        if times != sorted(times) or not all(0 <= time < tool.TIME_LIMIT for time in times):
            problems.append(f"metrics.jsonl has the times {times}")
        self.tally.add("step of the wall clock", problems, result.command)
