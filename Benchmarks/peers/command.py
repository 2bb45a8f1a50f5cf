"""The command line that the peers share: their common flags, and one measurement after the other."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from harness import Record, Steps, fail, measure, one_line, show
from workloads import WORKLOADS, Workload, select


@dataclass
class Measurement:
    """Steps to be made and timed, and what their record says of them."""

    work: Workload
    head: Record
    steps: Callable[[], Steps]
    warm_up: int = 5
    multiple: int = 1  # of steps that one program of the peer takes


def parser(description: str | None) -> argparse.ArgumentParser:
    """A parser with the flags of every peer."""
    made = argparse.ArgumentParser(description=description, formatter_class=argparse.RawDescriptionHelpFormatter)
    made.add_argument("--work", default=",".join(WORKLOADS), help="a comma list of workloads (default: all)")
    made.add_argument("--repeats", type=int, default=7, help="timed repeats (default: 7)")
    made.add_argument("--seconds", type=float, default=0.5, help="seconds of a repeat (default: 0.5)")
    made.add_argument("--json", action="store_true", help="print one JSON object a line")
    return made


def workloads(given: argparse.Namespace) -> list[Workload]:
    """The workloads of `--work`; ends the program where one is unknown."""
    try:
        return select(given.work)
    except ValueError as error:
        fail(str(error))


def run(measurements: Iterable[Measurement], given: argparse.Namespace) -> None:
    """Prints each measurement; those that fail are named at the end, with exit code 1."""
    failures = []
    for each in measurements:
        try:
            record = measure(each.steps(), each.work.batch, given.repeats, given.seconds, each.warm_up, each.multiple)
            show({"work": each.work.name} | each.head | record, given.json)
        except Exception as error:
            what = " ".join([each.work.name, each.head["mode"], each.head["precision"]])
            failures.append(f"{what}: {one_line(error)}")
    if failures:
        fail("; ".join(failures))
