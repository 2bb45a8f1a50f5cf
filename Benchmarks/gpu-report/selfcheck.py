"""Checks the report itself: programs that must be found faulty are, before any other is compiled."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path
from typing import Callable

from findings import LEAST_MULTIPLY_ADDS, Result, loads_each
from targets import TARGETS

# 512 values at a time are more than a work-group of 1024 has registers for, on every target.
SPILLS = """
__kernel __attribute__((reqd_work_group_size(1024, 1, 1))) void spills(__global float *x, const uint rounds) {
  float values[512];
  __attribute__((opencl_unroll_hint(512))) for (int i = 0; i < 512; i++) values[i] = x[get_local_id(0) * 512 + i];
  for (uint round = 0; round < rounds; round++)
    __attribute__((opencl_unroll_hint(512))) for (int i = 0; i < 512; i++)
      values[i] = fma(values[i], values[(i + 7) % 512], x[round]);
  __attribute__((opencl_unroll_hint(512))) for (int i = 0; i < 512; i++) x[get_local_id(0) * 512 + i] = values[i];
}
"""

# One multiply-add for two loads; with VECTORS 16 for two loads of vectors.
PRODUCT = """
__kernel __attribute__((reqd_work_group_size(64, 1, 1))) void product(__global float *x, const uint depth) {
  __local float4 tile[1024];
  const uint item = get_local_id(0);
  float4 sums[4] = {0, 0, 0, 0};
  for (uint k0 = 0; k0 < depth; k0 += 1024) {
    barrier(CLK_LOCAL_MEM_FENCE);
    for (uint k = item; k < 1024; k += 64) tile[k] = vload4(k0 + k, x);
    barrier(CLK_LOCAL_MEM_FENCE);
    for (uint k = 0; k < 1024; k += 64) {
#ifdef VECTORS
      const float4 a = tile[(k + item) % 1024], b = tile[(k + item / 8) % 1024];
      sums[0] = fma((float4)(a.s0), b, sums[0]);
      sums[1] = fma((float4)(a.s1), b, sums[1]);
      sums[2] = fma((float4)(a.s2), b, sums[2]);
      sums[3] = fma((float4)(a.s3), b, sums[3]);
#else
      const float a = ((__local float *)tile)[(k + 5 * item) % 4096], b = ((__local float *)tile)[(k + item / 8) % 4096];
      sums[0].s0 = fma(a, b, sums[0].s0);
#endif
    }
  }
  vstore4(sums[0] + sums[1] + sums[2] + sums[3], item, x);
}
"""


VARIADIC = """
#define ALL(...) __VA_ARGS__
__kernel void variadic(__global float *x) { x[get_global_id(0)] = ALL(1.0f); }
"""


class Wrong(Exception):
    """A fault that the report would not find."""


def program(name: str, kernel: str, options: str = "", is_product: bool = True) -> dict:
    product = {"variant": name, "form": "check"} if is_product else None
    return {
        "source": f"{name}.cl", "options": f"-w -cl-std=CL1.2 {options}", "kernels": [kernel], "work_group_size": 64,
        "platforms": sorted({target.platform for target in TARGETS}), "product": product,
    }


def run(compile_all: Callable[[Path], list[Result]]) -> None:
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        programs = [
            program("spills", "spills", is_product=False), program("scalars", "product"),
            program("vectors", "product", "-DVECTORS"), program("lacks", "another"),
            program("variadic", "variadic", is_product=False),
        ]
        texts = {"spills": SPILLS, "scalars": PRODUCT, "vectors": PRODUCT, "lacks": PRODUCT, "variadic": VARIADIC}
        for name, text in texts.items():
            (folder / f"{name}.cl").write_text(text)
        (folder / "index.json").write_text(json.dumps({"programs": programs}))
        for result in compile_all(folder):
            check(result)


def check(result: Result) -> None:
    name = result.program["source"].removesuffix(".cl")
    failures = result.failures()
    is_right = {
        "spills": len(failures) == 1 and "spills" in failures[0],
        "scalars": len(failures) == 1 and "a local load" in failures[0],
        "vectors": not failures and (loads_each(result.kernels[0]) or 0) >= 2 * LEAST_MULTIPLY_ADDS,
        "lacks": len(failures) == 1 and "lacks another" in failures[0],
        "variadic": len(failures) == 1 and "variadic" in failures[0],
    }[name]
    if not is_right:
        raise Wrong(f"the program '{name}' of its own check is misjudged on {result.target}: {failures}")
