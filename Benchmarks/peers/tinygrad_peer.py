"""Speed of whole training steps in tinygrad with its TinyJit: gather, forward, backward, Adam.

See README.md for what is compared. The device is tinygrad's DEV: CL is OpenCL, CPU its own code for the processor.
"""

from __future__ import annotations

import argparse
import importlib.metadata
import os
import random
from collections.abc import Iterator
from typing import Any

from harness import fail, measure, one_line, show
from workloads import IMAGES, LEARNING_RATE, PIXELS, WORKLOADS, Workload, images, select


class TinygradSteps:
    """Training steps of a workload, recorded once by TinyJit and replayed; `harness.Steps`."""

    def __init__(self, work: Workload) -> None:
        from tinygrad import Tensor, TinyJit, dtypes, nn
        from tinygrad.helpers import Context

        from tinygrad_vae import MODELS

        Tensor.manual_seed(0)
        self.shuffle = random.Random(0)
        self.data = Tensor(bytes(images()), dtype=dtypes.uint8).reshape(IMAGES, PIXELS).realize()
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
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--work", default=",".join(WORKLOADS), help="a comma list of workloads (default: all)")
    parser.add_argument("--device", default="CL", help="tinygrad's DEV: CL, CPU, CUDA, … (default: CL)")
    parser.add_argument("--beam", type=int, default=0, help="width of tinygrad's search for kernels (default: 0, none)")
    parser.add_argument("--repeats", type=int, default=7, help="timed repeats (default: 7)")
    parser.add_argument("--seconds", type=float, default=0.5, help="seconds of a repeat (default: 0.5)")
    parser.add_argument("--json", action="store_true", help="print one JSON object a line")
    return parser.parse_args()


def main() -> None:
    given = arguments()
    try:
        works = select(given.work)
    except ValueError as error:
        fail(str(error))
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
    failures = []
    for work in works:
        try:
            record = measure(TinygradSteps(work), work.batch, given.repeats, given.seconds, warm_up=3)
            show(head | {"work": work.name, "device": given.device} | record, given.json)
        except Exception as error:
            failures.append(f"{work.name}: {one_line(error)}")
    if failures:
        fail("; ".join(failures))


if __name__ == "__main__":
    main()
