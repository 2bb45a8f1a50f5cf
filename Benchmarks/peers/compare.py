"""vae-gpu against PyTorch, JAX and tinygrad, alternating in one run.

For each workload there are rounds; in a round every program measures once, in a fresh process, one after the other.
The figure of a program is the median of its rounds. Ratios are between equal precisions: vae-gpu over the fastest
mode of PyTorch, over JAX with whole steps in a jitted scan (with --isa, both kept to the same instruction set), and
over tinygrad. Exit code 1 and one line if a program is missing or fails, or a required ratio is not met.
"""

from __future__ import annotations

import argparse
import json
import sys
from itertools import product
from pathlib import Path

import isa
from harness import Record, fail, processors
from programs import BINARY, Program, machine, run_alone, version
from ratios import Ratio, Requirement, Series, full_table, ratio_table, ratios
from workloads import WORKLOADS, select

MODES = "eager,eager-fused,compile,compile-fused,compile-data,channels-last"
CUDA_MODES = MODES + ",reduce-overhead,cudagraph,cudagraph-compile"


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    add = parser.add_argument
    add("--vae-gpu", default=str(BINARY), help="the program (default: .build/release/vae-gpu)")
    add("--work", default=",".join(WORKLOADS), help="a comma list of workloads (default: all)")
    add("--devices", default="cpu", help="devices of vae-gpu, a comma list (default: cpu)")
    add("--variants", help="a comma list for 'vae-gpu bench --gemm' on OpenCL devices: untuned, tuned, clblast")
    add("--torch-device", default="cpu", choices=["cpu", "cuda"])
    add("--torch-modes", help="a comma list, or none (default: every mode there is on the device)")
    add("--precisions", default="fp32", help="a comma list; ratios are between equal ones (default: fp32)")
    add("--jax", default="scan", help="scan, or none (default: scan, on the device of --torch-device)")
    add("--isa", default="", help="instruction sets of the CPU backend, PyTorch and JAX: x86-64-v2 (no JAX), x86-64-v3, x86-64-v4")
    add("--tinygrad", default="CL", help="a comma list of tinygrad's devices (CL, CPU, CUDA), or none (default: CL)")
    add("--beam", type=int, default=0, help="width of tinygrad's search for kernels; takes long (default: 0, none)")
    add("--rounds", type=int, default=3, help="rounds, at least 3 (default: 3)")
    add("--repeats", type=int, default=5, help="timed repeats of a program in a round (default: 5)")
    add("--threads", type=int, default=processors(), help="threads of the CPU (default: all)")
    add("--timeout", type=float, default=900, help="seconds that one program may take (default: 900)")
    add("--tries", type=int, default=4, help="of a program that others disturb, in a round (default: 4)")
    add("--json", metavar="FILE", help="write every figure to this file")
    add("--require", default="", help="a comma list of WORK[@DEVICE[:MODE]][/torch|/jax|/tinygrad|/best]>=RATIO")
    return parser.parse_args()


def programs(given: argparse.Namespace) -> list[Program]:
    """The programs of a round, in their order."""
    repeats = ("--repeats", str(given.repeats))
    threaded = (*repeats, "--threads", str(given.threads))
    found = []
    for device in given.devices.split(","):
        modes = given.isa if device == "cpu" else given.variants or ""
        for gemm in modes.split(","):
            # TF32 is a matter of GPUs.
            for precision in given.precisions.split(","):
                if precision == "fp32" or (precision == "bf16") == (device == "cpu"):
                    found.append(Program("vae-gpu", device, gemm, precision, threaded, vae_gpu=given.vae_gpu))
    modes = given.torch_modes or (CUDA_MODES if given.torch_device == "cuda" else MODES)
    levels = given.isa.split(",") if given.torch_device == "cpu" else [""]
    for level, precision in product(levels, given.precisions.split(",") if modes != "none" else []):
        found += [Program("torch", given.torch_device, mode, precision, threaded, level) for mode in modes.split(",")]
    # JAX needs AVX.
    levels = [level for level in levels if level != "x86-64-v2"] if given.jax != "none" else []
    found += [Program("jax", given.torch_device, "scan", *rest)
              for rest in product(given.precisions.split(","), [repeats], levels)]
    beam, mode = (("--beam", str(given.beam)), f"jit-beam{given.beam}") if given.beam else ((), "jit")
    for device in given.tinygrad.split(",") if given.tinygrad != "none" else []:
        found.append(Program("tinygrad", device, mode, flags=(*repeats, *beam)))
    return found


def measure(given: argparse.Namespace, works: list[str]) -> list[Series]:
    """All rounds of all workloads; says on stderr what it measures."""
    columns = programs(given)
    series = []
    for work in works:
        block = [Series(work, program) for program in columns]
        for number in range(given.rounds):
            for one in block:
                one.records += [run_alone(one.program.command(work), given.timeout, given.tries)]
                rate = one.records[-1]["images_per_s"]
                precision = "" if one.program.precision == "fp32" else f" {one.program.precision}"
                head = f"round {number + 1}/{given.rounds}  {work:8}  {one.program.name}{precision}"
                print(f"{head}  {rate:,.0f} images/s", file=sys.stderr, flush=True)
        series += block
    return series


def document(given: argparse.Namespace, series: list[Series], found: list[Ratio]) -> Record:
    """Everything there is to keep, the date not among it."""
    about = machine() | {"vae_gpu": version(given.vae_gpu)}
    for one in series:
        record = one.records[0]
        if one.program.kind == "vae-gpu":
            about.setdefault("devices", {})[one.program.device] = record.get("device", "")
        else:
            about[one.program.kind] = record["version"]
            if one.program.device == "cuda":
                about["cuda_device"] = record.get("device_name", "")
    settings = {"rounds": given.rounds, "repeats": given.repeats, "threads": given.threads}
    return {
        "machine": about,
        "settings": settings,
        "ratios": [one.summary() for one in found],
        "measurements": [one.summary() for one in series],
    }


def main() -> None:
    given = arguments()
    if given.rounds < 3:
        fail("--rounds is at least 3, because figures are medians over rounds")
    try:
        works = [work.name for work in select(given.work)]
        required = [Requirement.parse(text) for text in given.require.split(",") if text.strip()]
    except ValueError as error:
        fail(str(error))
    if given.isa:
        isa.check(given.isa.split(","))
    if given.json and not Path(given.json).resolve().parent.is_dir():
        fail(f"cannot write {given.json}: no such directory")
    version(given.vae_gpu)
    series = measure(given, works)
    found = ratios(series)
    print(ratio_table(series, found), full_table(series), sep="\n\n")
    for one in series:
        if one.disturbed:
            print(f"{one.work} {one.program.name}: {one.disturbed}; run again on a quiet machine", file=sys.stderr)
    if given.json:
        try:
            Path(given.json).write_text(json.dumps(document(given, series, found), indent=1) + "\n", encoding="utf-8")
        except OSError as error:
            fail(f"cannot write {given.json}: {error.strerror}")
    complaints = [text for text in (one.complaint(found) for one in required) if text]
    if complaints:
        fail("; ".join(complaints))


if __name__ == "__main__":
    main()
