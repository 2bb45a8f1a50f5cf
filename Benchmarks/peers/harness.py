"""What the peers share: timing of steps, the record of a measurement, one-line errors."""

from __future__ import annotations

import json
import math
import os
import statistics
import sys
import time
from typing import Any, NoReturn, Protocol

Record = dict[str, Any]


class Steps(Protocol):
    """Training steps of a workload in some framework."""

    def run(self, count: int) -> float:
        """Takes `count` steps, waits for the device, gives the loss of the last one in nats per image."""
        ...


def processors() -> int:
    """Processors that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def one_line(error: BaseException) -> str:
    """The first line of an error with words in it, shortened."""
    lines = [line.strip() for line in str(error).splitlines() if any(map(str.isalpha, line))]
    return f"{type(error).__name__}: {(lines or ['no message'])[0][:200]}"


def fail(message: str) -> NoReturn:
    """Ends the program with exit code 1 and one line on stderr."""
    print(f"{os.path.basename(sys.argv[0])}: {message}", file=sys.stderr)
    raise SystemExit(1)


def absent(message: str) -> NoReturn:
    """Ends the program with exit code 69, for a framework or a device that this machine does not have."""
    print(f"{os.path.basename(sys.argv[0])}: {message}", file=sys.stderr)
    raise SystemExit(69)


def measure(steps: Steps, batch: int, repeats: int, seconds: float, warm_up: int = 5, multiple: int = 1) -> Record:
    """Times `repeats` runs of about `seconds` seconds each, as `vae-gpu bench` does.

    Before them come `2 warm_up` steps (compilation, the time of a step) and one run of the length that is timed. The
    median repeat counts. All runs but the first have a multiple of `multiple` steps. Raises ArithmeticError if the last
    loss is not finite or not below that of the first step.
    """
    first = steps.run(1)
    steps.run(warm_up)
    start = time.perf_counter()
    steps.run(warm_up)
    per_step = (time.perf_counter() - start) / warm_up
    count = min(max(int(seconds / max(per_step, 1e-7)), 3), 20_000)
    count = -(-count // multiple) * multiple
    steps.run(count)
    times, last = [], first
    for _ in range(repeats):
        start = time.perf_counter()
        last = steps.run(count)
        times.append((time.perf_counter() - start) / count)
    if not (math.isfinite(first) and math.isfinite(last) and last < first):
        raise ArithmeticError(f"the loss of the last step is {last}, that of the first was {first}")
    median = statistics.median(times)
    return {
        "batch": batch,
        "images_per_s": batch / median,
        "images_per_s_min": batch / max(times),
        "images_per_s_max": batch / min(times),
        "ms_per_step": 1000 * median,
        "repeats": repeats,
        "steps": count,
        "loss_first": first,
        "loss_last": last,
    }


def show(record: Record, as_json: bool) -> None:
    """Prints a measurement: one JSON object a line, or one line to read."""
    if as_json:
        print(json.dumps(record), flush=True)
        return
    print(
        f"{record['work']:10} {record['peer']} {record['mode']:18} {record['precision']:5} {record['device']:5} "
        f"{record['images_per_s']:12,.0f} images/s {record['ms_per_step']:10.3f} ms/step  "
        f"loss {record['loss_first']:.1f} -> {record['loss_last']:.1f}",
        flush=True,
    )
