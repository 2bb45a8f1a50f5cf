"""The report as Markdown."""

from __future__ import annotations

from compiler import Kernel
from findings import LEAST_MULTIPLY_ADDS, Result, loads_each, multiply_adds
from targets import Target

HEAD = """# What compilers make of the kernels for GPUs

Written by `make gpu-report`: every kernel of the operations, every kernel that `vae-gpu tune` tries for the matrix products of
the named workloads, and the launches that take several commands of a training step, compiled without a GPU ({versions}).
The drivers of NVIDIA and AMD have compilers of their own, whose choices differ in detail.

- **registers**: registers of a work-item.
- **occupancy**: the share of the work-items that a processor of the GPU can hold, as far as registers, local memory and the
  size of the work-group allow.
- **local**: bytes of local memory of a work-group.
- **loop**: instructions in one round of the inner loop, without the loops inside it. The inner loop is the one with the most
  multiply-adds, or the longest where there are none.
- **spills**: bytes stored and loaded (NVIDIA) or registers (AMD). **private**: bytes of memory of a work-item.
- A matrix instruction counts as its multiply-adds divided by the work-items that share it. The load of a vector is one load.

The report fails at spills, at products with fewer than {least} multiply-adds a local load, and where a program does not compile.
"""


def markdown(results: list[Result], targets: list[Target], versions: list[str]) -> str:
    failures = [line for result in results for line in result.failures()]
    parts = [HEAD.format(versions=", ".join(versions), least=LEAST_MULTIPLY_ADDS), summary(results, targets)]
    parts += [failure_list(failures)]
    for target in targets:
        chosen = [one for one in results if one.target == target.name and one.program["product"]]
        if chosen:
            parts.append(f"## Products on {target.name} ({target.device})\n\n" + products(chosen))
    steps = [one for one in results if one.step]
    if steps:
        parts.append("## Steps in one launch\n\n" + step_table(steps, targets))
    operations = [one for one in results if not one.program["product"] and not one.step]
    if operations:
        parts.append("## Operations\n\n" + operation_table(operations, targets))
    return "\n".join(parts)


def table(head: list[str], rows: list[list[str]], left: int = 1) -> str:
    rule = ["---"] * left + ["---:"] * (len(head) - left)
    return "".join("| " + " | ".join(cells) + " |\n" for cells in [head, rule, *rows])


def summary(results: list[Result], targets: list[Target]) -> str:
    rows = []
    for target in targets:
        mine = [one for one in results if one.target == target.name]
        kernels = [kernel for one in mine for kernel in one.kernels]
        if not mine:
            continue
        ratios = [loads_each(main) for one in mine if one.program["product"] and (main := one.main())]
        known = [ratio for ratio in ratios if ratio is not None]
        rows.append([
            f"{target.name} ({target.device})", str(len(mine)), str(len(kernels)),
            str(sum(kernel.spills > 0 for kernel in kernels)), str(sum(kernel.private_bytes > 0 for kernel in kernels)),
            str(max((kernel.registers for kernel in kernels), default="-")),
            percent(min(kernel.occupancy for kernel in kernels)) if kernels else "-",
            f"{min(known):.1f}" if known else "-", str(sum(one.refusal is not None for one in mine)),
        ])
    head = [
        "target", "programs", "kernels", "with spills", "with private memory", "most registers", "least occupancy",
        "least multiply-adds a local load", "programs for newer devices",
    ]
    return "## Summary\n\n" + table(head, rows)


def failure_list(failures: list[str], most: int = 20) -> str:
    if not failures:
        return "No failures.\n"
    lines = [f"- {line}\n" for line in failures[:most]]
    if len(failures) > most:
        lines.append(f"- and {len(failures) - most} more: the bold numbers below\n")
    return f"{len(failures)} failures:\n\n" + "".join(lines)


def percent(share: float) -> str:
    return f"{100 * share:.0f} %"


def bold(count: int) -> str:
    """A number that is a failure unless it is 0."""
    return f"**{count}**" if count else "0"


def span(values: list[int]) -> str:
    return str(min(values)) if min(values) == max(values) else f"{min(values)} to {max(values)}"


def products(results: list[Result]) -> str:
    """A row for each variant: over its forms, and of the form with the fewest multiply-adds a load."""
    variants: dict[str, list[Result]] = {}
    for one in results:
        variants.setdefault(one.program["product"]["variant"], []).append(one)
    rows = []
    for variant, forms in variants.items():
        compiled = [(one, main) for one in forms if (main := one.main())]
        if not compiled:
            reason = forms[0].refusal or forms[0].failure or "no kernel"
            rows.append([variant, *["-"] * 9, reason.replace("|", "/")])
            continue
        kernels = [kernel for one, _ in compiled for kernel in one.kernels]
        worst, main = min(compiled, key=lambda pair: loads_each(pair[1]) or float("inf"))
        ratio = loads_each(main)
        rows.append([
            variant, str(main.group), span([kernel.registers for _, kernel in compiled]),
            bold(sum(kernel.spills for kernel in kernels)), span([kernel.local_bytes for _, kernel in compiled]),
            percent(min(kernel.occupancy for kernel in kernels)), str(main.loop.instructions if main.loop else 0),
            str(multiply_adds(main)), str(main.loop.local_loads if main.loop else 0),
            "-" if ratio is None else f"{ratio:.1f}" if ratio >= LEAST_MULTIPLY_ADDS else f"**{ratio:.1f}**",
            worst.program["product"]["form"],
        ])
    head = [
        "variant", "work-group", "registers", "spills", "local", "occupancy", "loop", "multiply-adds", "local loads",
        "multiply-adds a local load", "form of the loop",
    ]
    return table(head, rows)


CELL = "Registers / occupancy / local / loop. Every work-group has 64 work-items.\n\n"


def cell(kernel: Kernel | None) -> str:
    if kernel is None:
        return "-"
    text = f"{kernel.registers} / {percent(kernel.occupancy)} / {kernel.local_bytes} / "
    text += str(kernel.loop.instructions) if kernel.loop else "-"
    if kernel.spills:
        text += f", **spills {kernel.spills}**"
    return text + (f", private {kernel.private_bytes}" if kernel.private_bytes else "")


def step_table(results: list[Result], targets: list[Target]) -> str:
    """A row for each launch that takes several commands of a training step."""
    kernels = {(one.target, one.step): one.kernels[0] for one in results if one.kernels}
    refusals = {(one.target, one.step): "-" for one in results if not one.kernels}
    used = [target for target in targets if any(one.target == target.name for one in results)]
    rows = [
        [step, *(refusals.get((target.name, step)) or cell(kernels.get((target.name, step))) for target in used)]
        for step in dict.fromkeys(one.step for one in results if one.step)
    ]
    return CELL + table(["step", *(target.name for target in used)], rows)


def operation_table(results: list[Result], targets: list[Target]) -> str:
    kernels = {(one.target, kernel.name): kernel for one in results for kernel in one.kernels}
    used = [target for target in targets if any(one.target == target.name for one in results)]
    rows = [
        [f"`{name}`", *(cell(kernels.get((target.name, name))) for target in used)]
        for name in sorted({name for _, name in kernels})
    ]
    return CELL + table(["kernel", *(target.name for target in used)], rows)
