"""From measurements of several programs: medians over rounds, ratios, tables, and the ratios that are required."""

from __future__ import annotations

import re
import statistics
from dataclasses import dataclass, field

import quiet
from harness import Record
from programs import Program


PEERS = ("torch", "jax", "tinygrad")


@dataclass
class Series:
    """What one program measured for one workload, a record a round."""

    work: str
    program: Program
    records: list[Record] = field(default_factory=list)

    def median(self, key: str = "images_per_s") -> float | None:
        """The median of `key` over the rounds; None if the program does not print it."""
        values = [record[key] for record in self.records if record.get(key) is not None]
        return statistics.median(values) if values else None

    @property
    def rate(self) -> float:
        """Images per second: the median of the rounds' medians."""
        return self.median() or 0.0

    @property
    def disturbed(self) -> str:
        """What says that something else ran meanwhile; nothing if the figures are good."""
        rounds = [record["images_per_s"] for record in self.records]
        others = max(record.get("others_cpus", 0.0) for record in self.records)
        if others > quiet.LIMIT:
            return f"other programs took {others:.1f} processors"
        factor = max(rounds) / min(rounds)
        return f"rounds differ by a factor of {factor:.1f}" if factor > 1.5 else ""

    def summary(self) -> Record:
        rounds = [record["images_per_s"] for record in self.records]
        head: Record = {"work": self.work, "program": self.program.kind, "device": self.program.device}
        head |= {"mode": self.program.mode, "isa": self.program.isa, "precision": self.program.precision}
        head |= {"images_per_s": self.rate}
        return head | {"images_per_s_rounds": rounds, "runs": self.records}


@dataclass(frozen=True)
class Ratio:
    """Speed of vae-gpu over that of a peer on one workload; both train in one precision."""

    ours: Series
    peer: Series

    @property
    def value(self) -> float:
        return self.ours.rate / self.peer.rate

    def summary(self) -> Record:
        pairs = zip(self.ours.records, self.peer.records)
        return {
            "work": self.ours.work,
            "vae_gpu": self.ours.program.name,
            "peer": self.peer.program.name,
            "ratio": self.value,
            "ratio_rounds": [a["images_per_s"] / b["images_per_s"] for a, b in pairs],
        }


def ratios(series: list[Series]) -> list[Ratio]:
    """Each series of vae-gpu against the fastest mode of each peer on the same workload in the same precision."""
    found = []
    for ours in (one for one in series if one.program.kind == "vae-gpu"):
        for kind in PEERS:
            same = [one for one in series if one.work == ours.work and one.program.kind == kind]
            same = [one for one in same if one.program.precision == ours.program.precision]
            same = [one for one in same if one.program.isa in ("", ours.program.mode)]
            if same:
                found.append(Ratio(ours, max(same, key=lambda one: one.rate)))
    return found


def markdown(head: list[str], rows: list[list[str]], text: set[int]) -> str:
    """A Markdown table with aligned columns; those of `text` lean left, the others are figures."""
    widths = [max(3, *(len(row[i]) for row in [head, *rows])) for i in range(len(head))]

    def line(cells: list[str]) -> str:
        padded = (c.ljust(w) if i in text else c.rjust(w) for i, (c, w) in enumerate(zip(cells, widths)))
        return "| " + " | ".join(padded) + " |"

    rule = "|".join("-" * (w + 2) if i in text else "-" * (w + 1) + ":" for i, w in enumerate(widths))
    return "\n".join([line(head), f"|{rule}|", *map(line, rows)])


def ratio_table(series: list[Series], found: list[Ratio]) -> str:
    """A row per workload and device of vae-gpu: images/s, percent of the GEMM peak, best PyTorch, JAX, tinygrad, ratios."""
    head = ["work", "vae-gpu", "images/s", "of GEMM peak"]
    head += ["best PyTorch", "images/s", "ratio", "JAX", "images/s", "ratio", "tinygrad", "images/s", "ratio"]
    rows = []
    for ours in (one for one in series if one.program.kind == "vae-gpu"):
        percent = ours.median("percent_of_gemm_peak")
        precision = "" if ours.program.precision == "fp32" else ours.program.precision
        label = " ".join(part for part in (ours.program.device, ours.program.mode, precision) if part)
        row = [ours.work, label, f"{ours.rate:,.0f}", "-" if percent is None else f"{percent:.0f}%"]
        for kind in PEERS:
            hit = [one for one in found if one.ours is ours and one.peer.program.kind == kind]
            if hit:
                program = hit[0].peer.program
                row += [f"{program.device} {program.mode}", f"{hit[0].peer.rate:,.0f}", f"{hit[0].value:.2f}"]
            else:
                row += ["-"] * 3
        rows.append(row)
    return markdown(head, rows, text={0, 1, 4, 7, 10})


def full_table(series: list[Series]) -> str:
    """A row per workload, program, mode and precision: the median, lowest and highest round in images/s."""
    rows = []
    for one in series:
        rounds = [record["images_per_s"] for record in one.records]
        figures = [one.rate, min(rounds), max(rounds)]
        rows.append([one.work, one.program.name, one.program.precision, *(f"{value:,.0f}" for value in figures)])
    return markdown(["work", "program", "precision", "images/s", "lowest", "highest"], rows, text={0, 1, 2})


@dataclass(frozen=True)
class Requirement:
    """`WORK[@DEVICE[:MODE]][/torch|/jax|/tinygrad|/best]>=RATIO`.

    In fp32. Without a device it means the first of --devices, without a mode (a --gemm, or an instruction set) all of
    them, without a peer PyTorch; best is the fastest of PyTorch and JAX.
    """

    text: str
    work: str
    device: str | None
    mode: str | None
    peer: str
    least: float

    @staticmethod
    def parse(text: str) -> Requirement:
        """Raises ValueError with one line."""
        peer = r"(?:/(torch|jax|tinygrad|best))?"
        match = re.fullmatch(rf"([\w-]+)(?:@([^:/>]+)(?::([\w-]+))?)?{peer}>=(\d+(?:\.\d+)?)", text.strip())
        if not match:
            raise ValueError(f"--require '{text}' is not WORK[@DEVICE[:MODE]][/torch|/jax|/tinygrad|/best]>=RATIO")
        work, device, mode, peer, least = match.groups()
        return Requirement(text.strip(), work, device, mode, peer or "torch", float(least))

    def complaint(self, found: list[Ratio]) -> str | None:
        """What is wrong, or None if every ratio that it names is high enough."""
        peers = ("torch", "jax") if self.peer == "best" else (self.peer,)
        hits = [one for one in found if one.ours.work == self.work and one.peer.program.kind in peers]
        hits = [one for one in hits if one.ours.program.precision == "fp32"]
        device = self.device or (hits[0].ours.program.device if hits else None)
        hits = [one for one in hits if one.ours.program.device == device]
        hits = [one for one in hits if self.mode in (None, one.ours.program.mode)]
        if not hits:
            return f"{self.text}: not measured"
        low = [one for one in hits if one.value < self.least]
        return f"{self.text}: the ratio is {low[0].value:.3f} ({low[0].ours.program.name})" if low else None
