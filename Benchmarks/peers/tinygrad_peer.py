"""Speed of whole training steps in tinygrad with its TinyJit: gather, forward, backward, Adam.

See README.md for what is compared. The device is tinygrad's DEV: CL is OpenCL, CPU its own code for the processor.
"""

from __future__ import annotations

import argparse
import importlib.metadata
import os
import random
from collections.abc import Iterator
from functools import partial
from typing import Any

import command
from command import Measurement
from harness import fail, one_line
from workloads import IMAGES, LEARNING_RATE, Workload, images


class TinygradSteps:
    """Training steps of a workload, recorded once by TinyJit and replayed; `harness.Steps`."""

    def __init__(self, work: Workload) -> None:
        from tinygrad import Tensor, TinyJit, dtypes, nn
        from tinygrad.helpers import Context

        from tinygrad_vae import MODELS

        Tensor.manual_seed(0)
        self.shuffle = random.Random(0)
        self.data = Tensor(bytes(images(work)), dtype=dtypes.uint8).reshape(IMAGES, work.pixels).realize()
        order = list(range(IMAGES))
        self.shuffle.shuffle(order)
        # Uploaded once; every epoch takes these batches in another order, which costs the device nothing.
        self.batches = [
            Tensor(order[start : start + work.batch], dtype=dtypes.int32).realize()
            for start in range(0, IMAGES, work.batch)
        ]
        model = MODELS[work.model](work)
        adam = nn.optim.Adam(nn.state.get_parameters(model), lr=LEARNING_RATE)

        @TinyJit
        def step(rows: Tensor) -> Tensor:
            with Context(TRAINING=1):
                adam.zero_grad()
                x = self.data[rows].cast(dtypes.float32) / 255
                if work.likelihood == "bernoulli":
                    x = (Tensor.rand(*x.shape) < x).cast(dtypes.float32)
                loss = model(x.contiguous()).backward()
                return loss.realize(*adam.schedule_step())

        self.step = step
        self.order = self.epochs()

    def epochs(self) -> Iterator[Any]:
        """Indices of the images of a batch, for ever."""
        while True:
            self.shuffle.shuffle(self.batches)
            yield from self.batches

    def run(self, count: int) -> float:
        for _ in range(count):
            loss = self.step(next(self.order))
        return loss.item()


def arguments() -> argparse.Namespace:
    parser = command.parser(__doc__)
    parser.add_argument("--device", default="CL", help="tinygrad's DEV: CL, CPU, CUDA, … (default: CL)")
    parser.add_argument("--beam", type=int, default=0, help="width of tinygrad's search for kernels (default: 0, none)")
    return parser.parse_args()


def main() -> None:
    given = arguments()
    works = command.workloads(given)
    # tinygrad reads both when it is imported.
    os.environ["DEV"] = given.device
    os.environ["BEAM"] = str(given.beam)
    try:
        from tinygrad import Device
    except ImportError as error:
        fail(f"tinygrad cannot be imported ({one_line(error)}); install requirements.txt")
    try:
        Device[Device.DEFAULT]
    except Exception as error:
        fail(f"tinygrad cannot open its device {given.device}: {one_line(error)}")
    mode = f"jit-beam{given.beam}" if given.beam else "jit"
    head = {"peer": "tinygrad", "version": importlib.metadata.version("tinygrad"), "mode": mode, "precision": "fp32"}
    head["device"] = given.device
    command.run((Measurement(work, head, partial(TinygradSteps, work), warm_up=3) for work in works), given)


if __name__ == "__main__":
    main()
