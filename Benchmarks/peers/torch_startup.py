"""The start of a training script in PyTorch: read Fashion-MNIST's IDX files, build mlp400, take one step of Adam.

`startup.py` measures this program. It is eager: torch.compile would add many seconds to the first step.
"""

from __future__ import annotations

import argparse
import gzip
import struct
from pathlib import Path

import torch

from torch_vae import MODELS
from workloads import LEARNING_RATE, WORKLOADS


def idx_images(folder: str, name: str) -> torch.Tensor:
    """The uint8 images [count, pixels] of an IDX file, gzipped or not."""
    path = Path(folder) / name
    content = path.read_bytes() if path.exists() else gzip.decompress(Path(f"{path}.gz").read_bytes())
    magic, count, height, width = struct.unpack(">4I", content[:16])
    if magic != 0x803:
        raise ValueError(f"{path}: not an IDX file of images")
    return torch.frombuffer(bytearray(content), dtype=torch.uint8, offset=16).view(count, height * width)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", required=True, help="a directory with IDX files")
    parser.add_argument("--device", default="cpu", choices=["cpu", "cuda"])
    given = parser.parse_args()
    work = WORKLOADS["mlp400"]
    train = idx_images(given.data, "train-images-idx3-ubyte").to(given.device)
    idx_images(given.data, "t10k-images-idx3-ubyte").to(given.device)
    model = MODELS[work.model](work).to(given.device)
    adam = torch.optim.Adam(model.parameters(), lr=LEARNING_RATE, fused=True)
    rows = torch.randperm(len(train), device=given.device)[: work.batch]
    loss = model(torch.bernoulli(train[rows].float() / 255))
    loss.backward()
    adam.step()
    print(f"step 1  loss {loss.item():.2f} nats/image", flush=True)
    print(f"PyTorch {torch.__version__}")


if __name__ == "__main__":
    main()
