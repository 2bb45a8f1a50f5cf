"""Instructions of a kernel, its loops, and what the inner one does."""

from __future__ import annotations

import re
from dataclasses import asdict, dataclass


@dataclass
class Instruction:
    mnemonic: str
    text: str
    target: str | None = None
    """The label that a branch may go to."""
    falls_through: bool = True


@dataclass
class Loop:
    """What one round does, loops inside it left out; multiply-adds are those of one work-item."""

    instructions: int
    multiply_adds: int
    local_loads: int
    global_loads: int

    def json(self) -> dict[str, int]:
        return asdict(self)


def inner_loop(listing: list[Instruction | str], wave: int) -> Loop | None:
    """The loop with the most multiply-adds, else with the most instructions; None without loops.

    A listing is instructions and labels. Loops are the strongly connected parts of the graph of basic blocks, and again
    of each part without the block by which it is entered.
    """
    blocks, edges = basic_blocks(listing)
    sources: list[list[int]] = [[] for _ in blocks]
    for block, following in enumerate(edges):
        for to in following:
            sources[to].append(block)
    found: list[Loop] = []
    pending = [reachable(edges)]
    while pending:
        for part in components(pending.pop(), edges):
            entered = [block for block in part if any(source not in part for source in sources[block])]
            rest = part - {min(entered or part)}
            inner = components(rest, edges)
            own = part.difference(*inner) if inner else part
            found.append(measure([one for block in sorted(own) for one in blocks[block]], wave))
            pending.append(rest)
    return max(found, key=lambda loop: (loop.multiply_adds, loop.instructions), default=None)


def basic_blocks(listing: list[Instruction | str]) -> tuple[list[list[Instruction]], list[list[int]]]:
    blocks: list[list[Instruction]] = [[]]
    labels: dict[str, int] = {}
    ends = False
    for line in listing:
        if (isinstance(line, str) or ends) and blocks[-1]:
            blocks.append([])
        if isinstance(line, str):
            labels[line] = len(blocks) - 1
            ends = False
        else:
            blocks[-1].append(line)
            ends = line.target is not None or not line.falls_through
    edges: list[list[int]] = []
    for index, block in enumerate(blocks):
        last = block[-1] if block else None
        following = [index + 1] if index + 1 < len(blocks) and (last is None or last.falls_through) else []
        if last is not None and last.target in labels:
            following.append(labels[last.target])
        edges.append(following)
    return blocks, edges


def reachable(edges: list[list[int]]) -> set[int]:
    """The blocks that the entry leads to: code ends in a loop that nothing enters."""
    found = {0}
    pending = [0]
    while pending:
        new = set(edges[pending.pop()]) - found
        found |= new
        pending += new
    return found


def components(nodes: set[int], edges: list[list[int]]) -> list[set[int]]:
    """The strongly connected components that are loops (Tarjan 1972, without recursion)."""
    order: dict[int, int] = {}
    low: dict[int, int] = {}
    # In the order of their numbers, which a dictionary keeps.
    stack: dict[int, None] = {}
    found: list[set[int]] = []
    for root in nodes:
        if root in order:
            continue
        work = [(root, iter(edges[root]))]
        order[root] = low[root] = len(order)
        stack[root] = None
        while work:
            node, following = work[-1]
            step = next(following, None)
            if step is None:
                work.pop()
                if work:
                    low[work[-1][0]] = min(low[work[-1][0]], low[node])
                if low[node] == order[node]:
                    part: set[int] = set()
                    while node not in part:
                        part.add(stack.popitem()[0])
                    if len(part) > 1 or node in edges[node]:
                        found.append(part)
            elif step in nodes and step not in order:
                order[step] = low[step] = len(order)
                stack[step] = None
                work.append((step, iter(edges[step])))
            elif step in stack:
                low[node] = min(low[node], order[step])
    return found


def measure(instructions: list[Instruction], wave: int) -> Loop:
    names = [one.mnemonic for one in instructions]
    return Loop(
        len(names), sum(multiply_adds(one, wave) for one in instructions),
        sum(bool(re.match(r"LDSM?\b|ds_(read|load)", name)) for name in names),
        sum(bool(re.match(r"LD(G|GSTS)?\b|(global|flat|buffer)_load", name)) for name in names),
    )


def multiply_adds(instruction: Instruction, wave: int) -> int:
    """Of one work-item; those of a matrix instruction are shared by the wave."""
    name = instruction.mnemonic
    if re.match(r"FFMA\b|v_(fma|fmac|mad|mac|fmaak|fmamk)_f32", name):
        return 1
    if name.startswith("v_pk_fma_f32") or re.match(r"v_dot2\w*_f32", name):
        return 2
    if name.startswith("v_dual_"):
        return len(re.findall(r"v_dual_fma\w*_f32", instruction.text))
    if match := re.match(r"HMMA\.(16)(8)(4|8|16)\b", name):
        m, n, k = map(int, match.groups())
        return m * n * k // wave
    if match := re.match(r"v_(?:mfma|wmma)_f32_(\d+)x(\d+)x(\d+)", name):
        m, n, k = map(int, match.groups())
        return m * n * k // wave
    return 0
