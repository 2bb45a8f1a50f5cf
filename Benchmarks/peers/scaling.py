"""How speed grows with the batch and the width: the model 784-H-20-H-784, Bernoulli, on one device of vae-gpu.

Runs `vae-gpu bench` for every batch size and hidden width and writes PREFIX.json after each point, then PREFIX.md (a
table) and PREFIX.png (a plot). Points that PREFIX.json holds are kept, so a run that was stopped goes on.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import sys
from pathlib import Path

import quiet
from harness import Record, fail
from programs import BINARY, ROOT, machine, run_alone, version
from scaling_report import tables

PIXELS, LATENT = 784, 20
START_UP_S = 8.0  # of a call: start, checks, peaks of the device
REFERENCE_GFLOPS = 20.0  # of the float64 reference, a cautious guess


def powers(first: int, last: int) -> list[int]:
    """The powers of two from `first` to `last`."""
    return [1 << bits for bits in range(31) if first <= 1 << bits <= last]


def flops(batch: int, hidden: int) -> float:
    """Operations of a step's matrix products: 2 m n k, three of them a layer but two for the first."""
    layers = [PIXELS * hidden, hidden * 2 * LATENT, LATENT * hidden, hidden * PIXELS]
    return 2.0 * batch * (3 * sum(layers) - layers[0])


def predicted_seconds(batch: int, hidden: int, points: list[Record], repeats: int) -> float:
    """Seconds that `vae-gpu bench` will take, by the GFLOP/s of the nearest smaller point; without one, 0."""
    smaller = [one for one in points if one["batch"] <= batch and one["hidden"][0] <= hidden]
    if not smaller:
        return 0.0
    near = max(smaller, key=lambda one: one["batch"] * one["hidden"][0])
    work = flops(batch, hidden)
    step = work / (near["gflops"] * 1e9)
    timed = max(3 * step, 0.5) * (repeats + 1)
    reference = work * (1 if work > 5e9 else 3) / (REFERENCE_GFLOPS * 1e9)
    return START_UP_S + 15 * step + timed + reference


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    add = parser.add_argument
    add("--vae-gpu", default=str(BINARY), help="the program (default: .build/release/vae-gpu)")
    add("--device", default="cpu", help="a device of vae-gpu (default: cpu)")
    add("--gemm", help="passed on to 'vae-gpu bench'")
    add("--batches", default="16,4096", help="first and last batch size (default: 16,4096)")
    add("--widths", default="64,4096", help="first and last hidden width (default: 64,4096)")
    add("--repeats", type=int, default=3, help="timed repeats of a point (default: 3)")
    add("--limit", type=float, default=60, help="leave out points that would take more seconds (default: 60)")
    add("--out", metavar="PREFIX", help="of the three files (default: Benchmarks/scaling-DEVICE)")
    return parser.parse_args()


def save(document: Record, path: Path) -> None:
    """Writes aside and renames, so that a run that is killed leaves whole files."""
    aside = path.with_suffix(".json.part")
    aside.write_text(json.dumps(document, indent=1) + "\n", encoding="utf-8")
    os.replace(aside, path)


def measure(given: argparse.Namespace, document: Record, path: Path) -> None:
    """Measures what is missing, small models first."""
    first_batch, last_batch, first_width, last_width = map(int, f"{given.batches},{given.widths}".split(","))
    sizes = [(b, h) for h in powers(first_width, last_width) for b in powers(first_batch, last_batch)]
    points, document["skipped"] = document["points"], []
    for batch, hidden in sizes:
        if any((one["batch"], one["hidden"]) == (batch, [hidden]) for one in points):
            continue
        seconds = predicted_seconds(batch, hidden, points, given.repeats)
        if seconds > given.limit:
            document["skipped"].append({"batch": batch, "hidden": [hidden], "predicted_s": round(seconds)})
            print(f"batch {batch:5} hidden {hidden:5}  left out: about {seconds:.0f} s", file=sys.stderr)
            continue
        sizes_flags = ["--batch-size", str(batch), "--hidden", str(hidden), "--repeats", str(given.repeats)]
        gemm = ["--gemm", given.gemm] if given.gemm else []
        command = [given.vae_gpu, "bench", "--json", "--device", given.device, "--work", "mlp400", *gemm, *sizes_flags]
        point = run_alone(command, timeout=max(600, 10 * given.limit))
        points.append(point | {"batch": batch, "hidden": [hidden]})
        document["device_name"] = point["device"]
        save(document, path)
        rate = f"{point['images_per_s']:,.0f} images/s  {point['gflops']:,.1f} GFLOP/s"
        others = point["others_cpus"]
        note = f"  disturbed: others took {others:.1f} processors" if others > quiet.LIMIT else ""
        print(f"batch {batch:5} hidden {hidden:5}  {rate}{note}", file=sys.stderr)


def main() -> None:
    given = arguments()
    for name in ("batches", "widths"):
        if not re.fullmatch(r"\d+,\d+", getattr(given, name)):
            fail(f"--{name} '{getattr(given, name)}' is not FIRST,LAST")
    slug = re.sub(r"[^\w.-]+", "-", given.device)
    prefix = Path(given.out) if given.out else ROOT / "Benchmarks" / f"scaling-{slug}"
    path = Path(f"{prefix}.json")
    about = machine() | {"vae_gpu": version(given.vae_gpu), "device": given.device, "gemm": given.gemm}
    document: Record = {"machine": about, "points": []}
    if path.exists():
        try:
            document = json.loads(path.read_text(encoding="utf-8"))
            before, _ = document["machine"], document["points"]
        except (OSError, ValueError, KeyError, TypeError):
            fail(f"{path} is not a file of this program; remove it")
        for key in [key for key in about if key != "python" and about[key] != before.get(key)]:
            fail(f"{path} was measured with {key} {before.get(key)}, not {about[key]}; remove it, or --out another")
    try:
        measure(given, document, path)
        if not document["points"]:
            fail(f"every point would take more than --limit {given.limit:.0f} s")
        save(document, path)
        Path(f"{prefix}.md").write_text(tables(document), encoding="utf-8")
    except OSError as error:
        fail(f"cannot write {prefix}: {error.strerror}")
    try:
        from scaling_plot import plot
    except ImportError:
        fail("matplotlib is missing; install requirements.txt (the table is written)")
    plot(document, Path(f"{prefix}.png"))
    print(f"{prefix}.json, .md, .png")


if __name__ == "__main__":
    main()
