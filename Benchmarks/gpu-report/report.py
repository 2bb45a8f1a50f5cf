"""Compiles every OpenCL program of the engine for GPUs, without a GPU, and tables what became of it.

Ends with 1 where a kernel spills registers, where a candidate of a matrix product has fewer than 4 multiply-adds a local load
in its inner loop, and where a program does not compile.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import selfcheck
from compiler import Failed, Refused, compile_program
from findings import Result
from tables import markdown
from targets import TARGETS, Target
from toolchain import Toolchain, Unavailable, prepare

ROOT = Path(__file__).resolve().parents[2]


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--vae-gpu", type=Path, default=ROOT / ".build/release/vae-gpu", help="the built program")
    parser.add_argument("--programs", type=Path, help="a folder that 'vae-gpu programs --out' wrote")
    parser.add_argument("--tools", type=Path, default=ROOT / ".build/gpu-report", help="where the compilers are kept")
    parser.add_argument("--targets", default=",".join(target.name for target in TARGETS), help="a comma list")
    parser.add_argument("--only", default="", help="a regular expression for variant and form; 'operations' are one")
    parser.add_argument(
        "--out", type=Path,
        help="the Markdown file, with a JSON file beside it (default: Benchmarks/gpu-compile-report.md if all is compiled, "
        "else standard output)")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1, help="compilers at a time")
    return parser.parse_args()


def compiled(program: dict, folder: Path, target: Target, tools: Toolchain) -> Result:
    result = Result(program, target.name)
    with tempfile.TemporaryDirectory() as work:
        try:
            result.kernels = compile_program(program, folder, target, tools, Path(work))
        except Refused as error:
            result.refusal = str(error)
        except (Failed, OSError, subprocess.TimeoutExpired) as error:
            result.failure = str(error)
    return result


def compile_all(folder: Path, targets: list[Target], tools: Toolchain, only: str, jobs: int) -> list[Result]:
    programs = json.loads((folder / "index.json").read_text())["programs"]
    work = [
        (program, folder, target, tools) for program in programs for target in targets
        if target.platform in program["platforms"] and re.search(only, Result(program, "").label)
    ]
    with ThreadPoolExecutor(jobs) as pool:
        return list(pool.map(lambda one: compiled(*one), work))


def main() -> int:
    options = arguments()
    names = options.targets.split(",")
    targets = [target for target in TARGETS if target.name in names]
    if unknown := set(names) - {target.name for target in targets}:
        raise Unavailable(f"--targets {','.join(sorted(unknown))}: not one of {', '.join(t.name for t in TARGETS)}")
    tools = prepare(options.tools)
    selfcheck.run(lambda folder: compile_all(folder, targets, tools, "", options.jobs))
    with tempfile.TemporaryDirectory() as temporary:
        folder = options.programs or Path(temporary)
        if options.programs is None:
            subprocess.run([options.vae_gpu, "programs", "--out", folder], check=True, stdout=subprocess.DEVNULL)
        results = compile_all(folder, targets, tools, options.only, options.jobs)
    is_whole = not options.only and options.programs is None and targets == TARGETS
    out = options.out or (ROOT / "Benchmarks/gpu-compile-report.md" if is_whole else None)
    text = markdown(results, targets, tools.versions())
    if out is None:
        print(text)
    else:
        out.write_text(text)
        rows = ",\n".join(json.dumps(result.json(), separators=(",", ":")) for result in results)
        head = json.dumps(tools.versions())
        out.with_suffix(".json").write_text(f'{{"compilers": {head}, "results": [\n{rows}\n]}}\n')
    failures = [line for result in results for line in result.failures()]
    for line in failures[:10]:
        print(f"gpu-report: {line}", file=sys.stderr)
    kernels = sum(len(result.kernels) for result in results)
    print(f"gpu-report: {len(results)} compilations, {kernels} kernels, {len(failures)} failures"
          + (f"; {out}" if out else ""), file=sys.stderr)
    return 1 if failures or not kernels else 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except (Unavailable, selfcheck.Wrong, subprocess.CalledProcessError, OSError) as error:
        sys.exit(f"gpu-report: {error}")
