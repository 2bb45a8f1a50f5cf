"""What is wrong with a compiled program, by the rules that make the report fail."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field

from compiler import Kernel

LEAST_MULTIPLY_ADDS = 4
"""Multiply-adds that a product must have in its inner loop for each load from local memory."""


@dataclass
class Result:
    """One program on one target."""

    program: dict
    target: str
    kernels: list[Kernel] = field(default_factory=list)
    refusal: str | None = None
    """Why the target cannot have the program; no failure."""
    failure: str | None = None
    """Why it does not compile."""

    @property
    def label(self) -> str:
        product = self.program["product"]
        if product:
            return f"{product['variant']}, {product['form']}"
        return f"step {self.step}" if self.step else "operations"

    @property
    def step(self) -> str | None:
        """The training step of which the program takes several commands."""
        return self.program.get("step")

    def main(self) -> Kernel | None:
        """The kernel of a product that multiplies."""
        return max(self.kernels, key=lambda kernel: (loads_each(kernel) is not None, multiply_adds(kernel)), default=None)

    def failures(self) -> list[str]:
        if self.failure is not None:
            return [f"{self.target} {self.label}: {self.failure}"]
        unit = "bytes" if self.target.startswith("sm_") else "registers"
        found = [
            f"{self.target} {self.label}, {kernel.name}: spills {kernel.spills} {unit}"
            for kernel in self.kernels if kernel.spills
        ]
        found += [
            f"{self.target} {self.label}, {kernel.name}: no work-group fits the device"
            for kernel in self.kernels if not kernel.occupancy
        ]
        main = self.main() if self.program["product"] else None
        if main is not None:
            ratio = loads_each(main)
            if multiply_adds(main) == 0:
                found.append(f"{self.target} {self.label}, {main.name}: no loop with multiply-adds was found")
            elif ratio is not None and ratio < LEAST_MULTIPLY_ADDS:
                found.append(
                    f"{self.target} {self.label}, {main.name}: {ratio:.1f} multiply-adds a local load in the inner loop, "
                    f"at least {LEAST_MULTIPLY_ADDS} are wanted")
        return found

    def json(self) -> dict:
        product = self.program["product"]
        names = {key: product[key] for key in ["variant", "form"]} if product else None
        entry = {"target": self.target, "product": names, "step": self.step, "refusal": self.refusal, "failure": self.failure}
        kernels = [without_nones(asdict(kernel)) for kernel in self.kernels]
        return {**without_nones(entry), "kernels": kernels}


def without_nones(entry: dict) -> dict:
    return {key: value for key, value in entry.items() if value is not None}


def multiply_adds(kernel: Kernel) -> int:
    return kernel.loop.multiply_adds if kernel.loop else 0


def loads_each(kernel: Kernel) -> float | None:
    """Multiply-adds a local load in the inner loop; None without local loads or multiply-adds."""
    if kernel.loop is None or not kernel.loop.local_loads or not kernel.loop.multiply_adds:
        return None
    return kernel.loop.multiply_adds / kernel.loop.local_loads
