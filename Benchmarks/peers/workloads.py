"""The workloads of the comparison and the images they train on.

The one list for all peers; it mirrors Sources/VAEGPU/Benchmark/Workload.swift. A new workload is a row of `WORKLOADS`;
a new kind of model is also a class under its name in `torch_vae.MODELS` and `tinygrad_vae.MODELS`.
"""

from __future__ import annotations

import random
from dataclasses import dataclass
from functools import lru_cache

IMAGES = 8192
LEARNING_RATE = 1e-3


@dataclass(frozen=True)
class Workload:
    """A training problem: what is trained (`model`, `hidden`, `filters`, `latent`, `likelihood`) and the images of a step."""

    name: str
    hidden: tuple[int, ...]
    latent: int
    batch: int
    likelihood: str  # bernoulli (dynamic binarisation) or gaussian (one learned log sigma)
    model: str = "dense"
    filters: tuple[int, ...] = ()  # channels of convolutions, kernel 4, stride 2, padding 1
    side: int = 28
    channels: int = 1

    @property
    def pixels(self) -> int:
        return self.channels * self.side * self.side

    @property
    def sides(self) -> list[int]:
        """Of the images that the convolutions take, and of the last one's result."""
        sides = [self.side]
        for _ in self.filters:
            sides.append((sides[-1] - 2) // 2 + 1)
        return sides


WORKLOADS: dict[str, Workload] = {
    work.name: work
    for work in [
        Workload("mlp400", (400,), 20, 128, "bernoulli"),
        Workload("mlp300g", (300,), 20, 128, "gaussian"),
        Workload("linear", (), 20, 128, "gaussian"),
        Workload("mlp2048", (2048, 2048), 64, 512, "bernoulli"),
        Workload("conv28", (), 16, 128, "bernoulli", "conv", (32, 64)),
        Workload("conv64", (), 64, 64, "bernoulli", "conv", (32, 64, 128, 256), 64, 3),
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


@lru_cache(maxsize=1)
def images(work: Workload, count: int = IMAGES, seed: int = 0) -> bytearray:
    """`count` images of uint8 values, [channels, side, side]: a filled rectangle each, of random place, size and brightness, the
    same in every channel.

    They have something to learn, so that a loss falls; the layers take the same time whatever the pixels are.
    """
    draw = random.Random(seed)
    side = work.side
    pixels = bytearray(count * work.pixels)
    for image in range(count):
        height, width = draw.randint(side // 5, side * 5 // 7), draw.randint(side // 5, side * 5 // 7)
        top, left = draw.randint(0, side - height), draw.randint(0, side - width)
        row = bytes([draw.randint(128, 255)]) * width
        for channel in range(work.channels):
            for y in range(top, top + height):
                start = ((image * work.channels + channel) * side + y) * side + left
                pixels[start : start + width] = row
    return pixels
