"""The IWAE bound of mlp400 in PyTorch, one image at a time: what `vae-gpu evaluate RUN --samples K` is held against.

For each image: its posterior, K draws of z, decoded as one batch, ln 1/K sum p(x|z) p(z) / q(z|x). Weights and images are random:
only the time counts.
"""

from __future__ import annotations

import argparse
import json
import math
import time

from harness import absent, one_line, processors
from workloads import WORKLOADS

try:
    import torch
    from torch import Tensor
    from torch.nn import functional

    from torch_vae import DenseVAE
except ImportError as error:
    absent(f"PyTorch cannot be imported ({one_line(error)}); install requirements.txt")


def iwae(model: DenseVAE, x: Tensor, samples: int) -> float:
    """The bound on ln p(x) of one image [1, pixels] by `samples` draws."""
    mean, log_variance = model.posterior(model.encoder(x)).chunk(2, dim=1)
    noise = torch.randn(samples, mean.shape[1], device=x.device)
    z = mean + torch.exp(0.5 * log_variance) * noise
    logits = model.likelihood(model.decoder(z))
    likelihood = -functional.binary_cross_entropy_with_logits(logits, x.expand_as(logits), reduction="none").sum(1)
    weights = likelihood - 0.5 * (z * z).sum(1) + 0.5 * (noise * noise).sum(1) + 0.5 * log_variance.sum()
    return torch.logsumexp(weights, 0).item() - math.log(samples)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--samples", type=int, default=5000, help="draws per image (default: 5000)")
    parser.add_argument("--limit", type=int, default=300, help="images (default: 300)")
    parser.add_argument("--threads", type=int, default=processors(), help="threads (default: all)")
    parser.add_argument("--device", default="cpu", choices=["cpu", "cuda"])
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    given = parser.parse_args()
    if given.device == "cuda" and not torch.cuda.is_available():
        absent("PyTorch sees no CUDA device; --device cpu runs on the processor")
    torch.manual_seed(0)
    torch.set_num_threads(given.threads)
    work = WORKLOADS["mlp400"]
    model = DenseVAE(work).to(given.device)
    images = torch.bernoulli(torch.rand(given.limit, work.pixels)).to(given.device).split(1)
    with torch.inference_mode():
        iwae(model, images[0], given.samples)
        start = time.perf_counter()
        bounds = [iwae(model, x, given.samples) for x in images]
        seconds = time.perf_counter() - start
    if given.json:
        record = {"peer": "torch", "version": torch.__version__, "device": given.device, "samples": given.samples}
        print(json.dumps(record | {"images": given.limit, "iwae": sum(bounds) / len(bounds), "seconds": seconds}))
        return
    print(f"IWAE-{given.samples}  {sum(bounds) / len(bounds):.2f}  {1000 * seconds / given.limit:.1f} ms an image, {given.limit} images")


if __name__ == "__main__":
    main()
