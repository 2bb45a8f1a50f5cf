"""The workloads of the comparison and the images they train on.

The one list for all peers; it mirrors Sources/VAEGPU/Benchmark/Workload.swift. A new workload is a row of `WORKLOADS`;
a new kind of model is also a class under its name in `torch_vae.MODELS` and `tinygrad_vae.MODELS`.
"""

from __future__ import annotations

import random
from dataclasses import dataclass

SIDE = 28
PIXELS = SIDE * SIDE
IMAGES = 8192
LEARNING_RATE = 1e-3


@dataclass(frozen=True)
class Workload:
    """A training problem: what is trained (`model`, `hidden`, `latent`, `likelihood`) and the images of a step."""

    name: str
    hidden: tuple[int, ...]
    latent: int
    batch: int
    likelihood: str  # bernoulli (dynamic binarisation) or gaussian (one learned log sigma)
    model: str = "dense"


WORKLOADS: dict[str, Workload] = {
    work.name: work
    for work in [
        Workload("mlp400", (400,), 20, 128, "bernoulli"),
        Workload("mlp300g", (300,), 20, 128, "gaussian"),
        Workload("linear", (), 20, 128, "gaussian"),
        Workload("mlp2048", (2048, 2048), 64, 512, "bernoulli"),
    ]
}


def select(names: str) -> list[Workload]:
    """The workloads of a comma list. Raises ValueError with one line for a name that is not in the table."""
    chosen = []
    for name in names.split(","):
        if name not in WORKLOADS:
            raise ValueError(f"no workload '{name}'; there are {', '.join(WORKLOADS)}")
        chosen.append(WORKLOADS[name])
    return chosen


def images(count: int = IMAGES, seed: int = 0) -> bytearray:
    """`count` images of `PIXELS` uint8 grey values: a filled rectangle each, of random place, size and brightness.

    They have something to learn, so that a loss falls; dense layers take the same time whatever the pixels are.
    """
    draw = random.Random(seed)
    pixels = bytearray(count * PIXELS)
    for image in range(count):
        height, width = draw.randint(6, 20), draw.randint(6, 20)
        top, left = draw.randint(0, SIDE - height), draw.randint(0, SIDE - width)
        row = bytes([draw.randint(128, 255)]) * width
        for y in range(top, top + height):
            start = image * PIXELS + y * SIDE + left
            pixels[start : start + width] = row
    return pixels
