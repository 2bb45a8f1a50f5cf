"""What is tried on each runtime, in full and with --quick."""

from __future__ import annotations

from dataclasses import dataclass, replace

from training import CASES, FULL, QUICK, SMALL, Size

ALL = r"^BackendConformanceTests\."
# Every kernel and every form of matrix product, but no second compilation of the same programs.
KERNELS = r"^BackendConformanceTests\.(OpTests|GemmVariantTests|EpilogueTests|FusionTests|PhiloxFixtureTests)"


@dataclass
class Plan:
    """One row of the table. `as_gpu` puts the layer in front that answers the device type; `is_gpu` needs none."""

    runtime: str
    as_gpu: bool = False
    is_gpu: bool = False
    suites: str = ALL
    operations: str = ""
    small: bool = False
    size: Size = FULL
    cases: tuple[str, ...] = tuple(CASES)

    @property
    def name(self) -> str:
        return f"{self.runtime} as GPU" if self.as_gpu else self.runtime

    @property
    def type(self) -> str:
        return "gpu" if self.as_gpu or self.is_gpu else "cpu"


FULL_PLANS = [
    Plan("pocl"),
    Plan("pocl", as_gpu=True),
    Plan("intel"),
    Plan("intel", as_gpu=True),
    Plan("pocl-pypi"),
    Plan("pocl-pypi", as_gpu=True),
    # An interpreter.
    Plan("oclgrind", is_gpu=True, suites=KERNELS, small=True, size=SMALL),
    # Compiles a kernel for up to half a minute, because it emulates fused multiply-adds.
    Plan("rusticl", suites=r"^BackendConformanceTests\.OpTests", operations="^(add|adam)", small=True, size=SMALL,
         cases=("dense",)),
    # It compiles the kernels of GPUs in seconds. CLBlast leaves it to the compiler to fuse multiply-adds, and this one
    # does not, so products of CLBlast, and with them the trainings, have other bits.
    Plan("rusticl", as_gpu=True, suites=KERNELS, operations="^(?!CLBlast)", small=True, size=SMALL),
]

# The rows of interpreters are small already.
QUICK_PLANS = [
    plan if plan.small else replace(plan, suites=KERNELS, small=True, size=QUICK) for plan in FULL_PLANS
]
