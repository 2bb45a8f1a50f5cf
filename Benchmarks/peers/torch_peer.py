"""Speed of whole training steps in PyTorch: gather, forward, backward, Adam. See README.md for what is compared.

Modes: eager; eager-fused (Adam(fused=True)); compile and compile-fused (torch.compile of the model); compile-data
(fused Adam, torch.compile of data preparation and model together). On CUDA also reduce-overhead (compile-data with
torch.compile's own CUDA graphs), cudagraph and cudagraph-compile (one CUDA graph of the whole step of eager-fused and
of compile-data).
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator

from harness import fail, measure, one_line, processors, show
from workloads import IMAGES, LEARNING_RATE, PIXELS, WORKLOADS, Workload, images, select

try:
    import torch
    from torch import Tensor

    from torch_vae import MODELS
except ImportError as error:
    fail(f"PyTorch cannot be imported ({one_line(error)}); install requirements.txt")

ANYWHERE = ["eager", "eager-fused", "compile", "compile-fused", "compile-data"]
ON_CUDA = ["reduce-overhead", "cudagraph", "cudagraph-compile"]
PRECISIONS = {"cpu": ["fp32", "bf16"], "cuda": ["fp32", "tf32", "bf16"]}


class TorchSteps:
    """Training steps of a workload in one mode; `harness.Steps`."""

    def __init__(self, work: Workload, mode: str, precision: str, device: str) -> None:
        torch.manual_seed(0)
        self.device, self.batch = device, work.batch
        self.data = torch.frombuffer(images(), dtype=torch.uint8).view(IMAGES, PIXELS).to(device)
        self.binarize = work.likelihood == "bernoulli"
        self.autocast = precision == "bf16"
        torch.set_float32_matmul_precision("high" if precision == "tf32" else "highest")
        self.model: Callable[[Tensor], Tensor] = MODELS[work.model](work).to(device)
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
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--work", default=",".join(WORKLOADS), help="a comma list of workloads (default: all)")
    parser.add_argument("--modes", default=",".join(ANYWHERE), help="a comma list of modes")
    parser.add_argument("--precisions", default="fp32", help="a comma list: fp32, bf16 (autocast), on CUDA tf32")
    parser.add_argument("--device", default="cpu", choices=list(PRECISIONS))
    parser.add_argument("--threads", type=int, default=processors(), help="threads of the CPU (default: all)")
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
    for kind, names, known in [
        ("mode", given.modes, ANYWHERE + (ON_CUDA if given.device == "cuda" else [])),
        ("precision", given.precisions, PRECISIONS[given.device]),
    ]:
        for name in set(names.split(",")) - set(known):
            fail(f"no {kind} '{name}' on {given.device}; there are {', '.join(known)}")
    if given.device == "cuda" and not torch.cuda.is_available():
        fail("PyTorch sees no CUDA device; --device cpu runs on the processor")
    torch.set_num_threads(given.threads)
    # Moments of Adam that become subnormal would slow the CPU down; vae-gpu drops them too.
    torch.set_flush_denormal(True)
    name = torch.cuda.get_device_name() if given.device == "cuda" else "cpu"
    failures = []
    for work in works:
        for precision in given.precisions.split(","):
            for mode in given.modes.split(","):
                head = {"peer": "torch", "version": torch.__version__, "work": work.name, "mode": mode}
                head |= {"precision": precision, "device": given.device, "device_name": name, "threads": given.threads}
                try:
                    torch.compiler.reset()
                    steps = TorchSteps(work, mode, precision, given.device)
                    show(head | measure(steps, work.batch, given.repeats, given.seconds), given.json)
                except Exception as error:
                    failures.append(f"{work.name} {mode} {precision}: {one_line(error)}")
    if failures:
        fail("; ".join(failures))


if __name__ == "__main__":
    main()
