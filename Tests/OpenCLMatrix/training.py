"""Training steps on a device, held against the checkpoints of the CPU backend."""

from __future__ import annotations

import json
import os
import random
import shutil
import struct
from dataclasses import dataclass
from pathlib import Path

from device import BINARY, Device, run

CASES = {
    "dense": "--hidden 100 --latent 8",
    "conv": "--model conv --channels 4,8 --latent 8 --norm batch",
    "mixture": "--likelihood logistic-mixture --components 3 --hidden 64 --latent 4",
    "iwae": "--objective iwae --samples 5 --hidden 64 --latent 4",
}


@dataclass(frozen=True)
class Size:
    """How much is trained, and on how many images."""

    steps: int
    batch: int
    images: int


FULL = Size(steps=200, batch=32, images=1000)
QUICK = Size(steps=50, batch=32, images=400)
SMALL = Size(steps=3, batch=8, images=24)


def write_images(folder: Path, size: Size) -> Path:
    """Gray images of bright spots in IDX files, the same in every run; a tenth as many for the test."""
    data = folder / f"images-{size.images}"
    data.mkdir(parents=True, exist_ok=True)
    for part, count in (("train", size.images), ("t10k", max(8, size.images // 10))):
        noise = random.Random(part)
        pixels = bytearray()
        for _ in range(count):
            x, y, width = noise.uniform(6, 22), noise.uniform(6, 22), noise.uniform(6, 40)
            for row in range(28):
                for column in range(28):
                    distance = (row - y) ** 2 + (column - x) ** 2
                    pixels.append(max(0, min(255, int(255 - 255 * distance / width) + noise.randrange(8))))
        (data / f"{part}-images-idx3-ubyte").write_bytes(struct.pack(">IIII", 2051, count, 28, 28) + bytes(pixels))
        (data / f"{part}-labels-idx1-ubyte").write_bytes(struct.pack(">II", 2049, count) + bytes(count))
    return data


class Training:
    """The cases of one size. The CPU backend trains each once."""

    def __init__(self, size: Size, folder: Path, limit: float) -> None:
        self.size = size
        self.folder = folder
        self.limit = limit
        self.data = write_images(folder, size)
        self.references: dict[str, Path] = {}

    def train(self, case: str, selector: str, out: Path, environment: dict[str, str]) -> tuple[str | None, float]:
        shutil.rmtree(out, ignore_errors=True)
        command = [str(BINARY), "train", "--device", selector, "--data", str(self.data), "--out", str(out), "--quiet", "--order", "exact"]
        amount = ["--max-steps", str(self.size.steps), "--batch-size", str(self.size.batch), "--log-every", "10"]
        done = run(command + amount + CASES[case].split() + ["--epochs", "1000"], environment, self.limit)
        return done.failure, done.seconds

    def reference(self, case: str) -> Path:
        if case not in self.references:
            out = self.folder / f"cpu-{self.size.steps}-{case}"
            failure, _ = self.train(case, "cpu", out, dict(os.environ) | {"OCL_ICD_VENDORS": "/nonexistent"})
            if failure:
                raise RuntimeError(f"{case} on the CPU backend: {failure}")
            self.references[case] = out
        return self.references[case]

    def compare(self, case: str, device: Device) -> dict[str, object]:
        """Whether the last checkpoint is that of the CPU backend byte for byte, and how far the losses are apart."""
        reference, out = self.reference(case), device.folder / case
        failure, seconds = self.train(case, "0", out, device.environment)
        result: dict[str, object] = {"case": case, "steps": self.size.steps, "seconds": round(seconds, 1)}
        if failure:
            return result | {"equal": False, "failure": failure}
        checkpoint = Path("checkpoints/last.safetensors")
        equal = (out / checkpoint).read_bytes() == (reference / checkpoint).read_bytes()
        return result | {"equal": equal, "relative_difference": difference(losses(out), losses(reference))}


def losses(run_folder: Path) -> list[float]:
    """The ELBO of every line of training metrics."""
    lines = (run_folder / "metrics.jsonl").read_text().splitlines()
    return [line["elbo"] for line in map(json.loads, lines) if isinstance(line.get("elbo"), (int, float))]


def difference(found: list[float], expected: list[float]) -> float | None:
    """The largest relative difference; None where the lines are not the same in number."""
    if len(found) != len(expected) or not found:
        return None
    return max(abs(a - b) / max(abs(b), 1e-12) for a, b in zip(found, expected))
