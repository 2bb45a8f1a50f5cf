"""The kernels and four small trainings on every OpenCL runtime for processors that can be had, as a CPU and as a GPU.

Each runtime is alone in its processes, with caches of its own, all in .build/opencl-matrix; runtimes that are not
installed are downloaded there from Debian and PyPI. Prints a table and writes it as JSON. Exit code 1 if a case fails
or no runtime could be had; a runtime that cannot be had is named and is no failure.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from pathlib import Path

from conformance import conformance
from device import BINARY, ROOT, TESTS, Device, compile_layer
from plans import FULL_PLANS, QUICK_PLANS, Plan
from runtimes import RUNTIMES, Unavailable
from training import Training

# Devices that round division or square root in another way drift apart from the CPU backend, step by step.
TOLERANCE = 0.01


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    add = parser.add_argument
    add("--quick", action="store_true", help="small sizes and fewer steps, for CI; PoCL as a GPU alone by default")
    add("--runtimes", help=f"a comma list of {', '.join(RUNTIMES)} (default: all)")
    add("--types", help="as what a runtime is tried: cpu, gpu or both (default: cpu,gpu)")
    add("--timeout", type=float, default=3600, help="seconds that one part of a row may take (default: 3600)")
    add("--json", metavar="FILE", help="the table as JSON (default: .build/opencl-matrix/matrix.json)")
    given = parser.parse_args()
    given.runtimes = given.runtimes or ("pocl" if given.quick else ",".join(RUNTIMES))
    given.types = given.types or ("gpu" if given.quick else "cpu,gpu")
    unknown = set(given.runtimes.split(",")) - set(RUNTIMES) | set(given.types.split(",")) - {"cpu", "gpu"}
    if unknown:
        parser.error(f"unknown: {', '.join(sorted(unknown))}")
    return given


def try_out(plan: Plan, folder: Path, trainings: dict[int, Training], limit: float) -> dict[str, object]:
    """One row: the device, its conformance cases and its trainings; or why the runtime cannot be had."""
    started = time.monotonic()
    row: dict[str, object] = {"runtime": plan.runtime, "as_gpu": plan.as_gpu}
    try:
        runtime = RUNTIMES[plan.runtime](folder / "runtimes" / plan.runtime)
        layer = compile_layer(folder) if plan.as_gpu else None
        device = Device(plan.name, runtime, layer, folder / plan.name.replace(" ", "-").lower())
    except Unavailable as error:
        return row | {"unavailable": str(error)}
    row["device"] = device.info
    row["conformance"] = conformance(device, plan.suites, plan.operations, plan.small, limit)
    size = plan.size
    training = trainings.setdefault(size.steps, Training(size, folder, limit))
    row["training"] = [training.compare(case, device) for case in plan.cases]
    return row | {"seconds": round(time.monotonic() - started, 1)}


def is_good(training: dict[str, object]) -> bool:
    apart = training.get("relative_difference")
    return bool(training["equal"]) or (isinstance(apart, float) and apart <= TOLERANCE)


def is_failure(row: dict) -> bool:
    return "unavailable" not in row and (
        row["conformance"]["failed"] > 0 or not all(is_good(training) for training in row["training"]))


def line(row: dict) -> str:
    name = row["runtime"] + (" as GPU" if row["as_gpu"] else "")
    if "unavailable" in row:
        return f"{name:<17} not to be had: {row['unavailable']}"
    found, trained = row["conformance"], row["training"]
    equal = sum(1 for training in trained if training["equal"])
    return (f"{name:<17} {row['device']['type']:<4} {found['passed']:>6} passed {found['failed']:>4} failed"
            f" {equal:>3} of {len(trained)} equal {row['seconds']:>8.0f} s  {row['device']['driver']}")


def details(row: dict) -> list[str]:
    """A line for each case that failed and each training whose bytes differ."""
    if "unavailable" in row:
        return []
    lines = [f"  {failure}" for failure in row["conformance"]["failures"]]
    for training in row["training"]:
        if not training["equal"]:
            apart = training.get("failure") or f"losses differ by {training['relative_difference']}"
            lines.append(f"  {training['case']}: {apart}")
    return lines


def main() -> int:
    given = arguments()
    for program in (BINARY, TESTS):
        if not program.exists():
            sys.exit(f"opencl-matrix: no {program.relative_to(ROOT)}; swift build -c release --build-tests")
    folder = ROOT / ".build/opencl-matrix"
    folder.mkdir(parents=True, exist_ok=True)
    plans = QUICK_PLANS if given.quick else FULL_PLANS
    types, runtimes = given.types.split(","), given.runtimes.split(",")
    plans = [plan for plan in plans if plan.runtime in runtimes and plan.type in types]
    if not plans:
        sys.exit(f"opencl-matrix: {given.runtimes} has no row for --types {given.types}; leave --types out")
    trainings: dict[int, Training] = {}
    rows = []
    for plan in plans:
        row = try_out(plan, folder, trainings, given.timeout)
        rows.append(row)
        print("\n".join([line(row), *details(row)]), flush=True)
        # Rewritten after every row, so that a run that is stopped leaves what it has.
        report = {"ok": not any(map(is_failure, rows)), "finished": len(rows) == len(plans), "rows": rows}
        Path(given.json or folder / "matrix.json").write_text(json.dumps(report, indent=1) + "\n")
    if all("unavailable" in row for row in rows):
        print("opencl-matrix: no runtime could be had", file=sys.stderr)
        return 1
    return 1 if any(map(is_failure, rows)) else 0


if __name__ == "__main__":
    sys.exit(main())
