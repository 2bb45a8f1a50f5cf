"""Speed of whole training steps in PyTorch: gather, forward, backward, Adam. See README.md for what is compared.

Modes: eager; eager-fused (Adam(fused=True)); compile and compile-fused (torch.compile of the model); compile-data
(fused Adam, torch.compile of data preparation and model together); channels-last (eager-fused with the weights of
convolutions, and so the images, in that format; the same as eager-fused for dense layers). On CUDA also reduce-overhead (compile-data with
torch.compile's own CUDA graphs), cudagraph and cudagraph-compile (one CUDA graph of the whole step of eager-fused and
of compile-data).
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator
from functools import partial
from itertools import product

import command
from command import Measurement
from harness import absent, fail, one_line, processors
from workloads import IMAGES, LEARNING_RATE, Workload, images

try:
    import torch
    from torch import Tensor

    from torch_vae import MODELS
except ImportError as error:
    absent(f"PyTorch cannot be imported ({one_line(error)}); install requirements.txt")

ANYWHERE = ["eager", "eager-fused", "compile", "compile-fused", "compile-data", "channels-last"]
ON_CUDA = ["reduce-overhead", "cudagraph", "cudagraph-compile"]
PRECISIONS = {"cpu": ["fp32", "bf16"], "cuda": ["fp32", "tf32", "bf16"]}


class TorchSteps:
    """Training steps of a workload in one mode; `harness.Steps`."""

    def __init__(self, work: Workload, mode: str, precision: str, device: str) -> None:
        torch.manual_seed(0)
        self.device, self.batch = device, work.batch
        self.data = torch.frombuffer(images(work), dtype=torch.uint8).view(IMAGES, work.pixels).to(device)
        self.binarize = work.likelihood == "bernoulli"
        self.autocast = precision == "bf16"
        torch.set_float32_matmul_precision("high" if precision == "tf32" else "highest")
        # Convolutions have a switch of their own, which is on by default, and try their algorithms if told so.
        torch.backends.cudnn.allow_tf32 = precision == "tf32"
        torch.backends.cudnn.benchmark = True
        layout = torch.channels_last if mode == "channels-last" else torch.contiguous_format
        self.model: Callable[[Tensor], Tensor] = MODELS[work.model](work).to(device, memory_format=layout)
        graphed, fused = mode.startswith("cudagraph"), mode not in ("eager", "compile")
        self.adam = torch.optim.Adam(self.model.parameters(), lr=LEARNING_RATE, fused=fused or None, capturable=graphed)
        self.objective = self.loss_of_rows
        if mode in ("compile", "compile-fused"):
            self.model = torch.compile(self.model, dynamic=False)
        elif mode in ("compile-data", "cudagraph-compile"):
            self.objective = torch.compile(self.loss_of_rows, dynamic=False)
        elif mode == "reduce-overhead":
            self.objective = torch.compile(self.loss_of_rows, dynamic=False, mode="reduce-overhead")
        self.mark_step = mode == "reduce-overhead"
        self.batches = self.shuffled()
        self.step = self.captured() if graphed else self.plain_step

    def shuffled(self) -> Iterator[Tensor]:
        """Indices of the images of a batch, epoch after epoch, each epoch by a new permutation."""
        while True:
            yield from torch.randperm(IMAGES, device=self.device).split(self.batch)

    def loss_of_rows(self, rows: Tensor) -> Tensor:
        """Loss of a batch; pixels scaled to [0, 1], and for a Bernoulli drawn with that probability."""
        x = self.data[rows].float() / 255
        return self.model(torch.bernoulli(x) if self.binarize else x)

    def plain_step(self, rows: Tensor) -> Tensor:
        """One step of training; gives its loss in nats per image."""
        if self.mark_step:
            torch.compiler.cudagraph_mark_step_begin()
        self.adam.zero_grad(set_to_none=True)
        with torch.autocast(self.device, torch.bfloat16, enabled=self.autocast):
            loss = self.objective(rows)
        loss.backward()
        self.adam.step()
        return loss.detach()

    def captured(self) -> Callable[[Tensor], Tensor]:
        """One CUDA graph of the whole step; each replay copies the indices in and draws new noise."""
        static_rows = next(self.batches).clone()
        stream = torch.cuda.Stream()
        stream.wait_stream(torch.cuda.current_stream())
        with torch.cuda.stream(stream):
            for _ in range(3):
                self.plain_step(static_rows)
        torch.cuda.current_stream().wait_stream(stream)
        graph = torch.cuda.CUDAGraph()
        with torch.cuda.graph(graph):
            loss = self.plain_step(static_rows)

        def replay(rows: Tensor) -> Tensor:
            static_rows.copy_(rows)
            graph.replay()
            return loss

        return replay

    def run(self, count: int) -> float:
        loss = torch.zeros(())
        for _ in range(count):
            loss = self.step(next(self.batches))
        return loss.item()


def arguments() -> argparse.Namespace:
    parser = command.parser(__doc__)
    parser.add_argument("--modes", default=",".join(ANYWHERE), help="a comma list of modes")
    parser.add_argument("--precisions", default="fp32", help="a comma list: fp32, bf16 (autocast), on CUDA tf32")
    parser.add_argument("--device", default="cpu", choices=list(PRECISIONS))
    parser.add_argument("--threads", type=int, default=processors(), help="threads of the CPU (default: all)")
    return parser.parse_args()


def measurements(given: argparse.Namespace) -> Iterator[Measurement]:
    name = torch.cuda.get_device_name() if given.device == "cuda" else "cpu"
    common = {"peer": "torch", "version": torch.__version__, "device": given.device, "device_name": name}
    names = product(command.workloads(given), given.precisions.split(","), given.modes.split(","))
    for work, precision, mode in names:
        torch.compiler.reset()
        head = common | {"mode": mode, "precision": precision, "threads": given.threads}
        yield Measurement(work, head, partial(TorchSteps, work, mode, precision, given.device))


def main() -> None:
    given = arguments()
    for kind, names, known in [
        ("mode", given.modes, ANYWHERE + (ON_CUDA if given.device == "cuda" else [])),
        ("precision", given.precisions, PRECISIONS[given.device]),
    ]:
        for name in set(names.split(",")) - set(known):
            fail(f"no {kind} '{name}' on {given.device}; there are {', '.join(known)}")
    if given.device == "cuda" and not torch.cuda.is_available():
        absent("PyTorch sees no CUDA device; --device cpu runs on the processor")
    torch.set_num_threads(given.threads)
    # Moments of Adam that become subnormal would slow the CPU down; vae-gpu drops them too.
    torch.set_flush_denormal(True)
    command.run(measurements(given), given)


if __name__ == "__main__":
    main()
