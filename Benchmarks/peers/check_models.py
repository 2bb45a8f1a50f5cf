"""Holds the models in JAX against those in PyTorch: the same weights, images and noise must give the same loss and gradients.

Prints a line for every workload: the relative difference of the loss, |a - b| / |b|, and the largest one of a gradient,
||a - b|| / ||b||. Exit code 1 if one is above 1e-4.
"""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy
import torch

from harness import fail
from jax_vae import negative_elbo, shapes
from torch_vae import MODELS
from workloads import WORKLOADS, Workload

TOLERANCE = 1e-4


class Expected:
    """Loss and gradients of a workload's model in PyTorch, for random weights, images and noise."""

    def __init__(self, work: Workload, batch: int = 8) -> None:
        torch.manual_seed(0)
        model = MODELS[work.model](work)
        x, noise = torch.rand(batch, work.pixels), torch.randn(batch, work.latent)
        if work.likelihood == "bernoulli":
            x = torch.bernoulli(x)
        drawn, torch.randn_like = torch.randn_like, lambda _: noise
        try:
            loss = model(x)
        finally:
            torch.randn_like = drawn
        loss.backward()
        parameters = dict(model.named_parameters())
        self.loss, self.arrays = loss.item(), (x.numpy(), noise.numpy())
        self.weights = {name: value.detach().numpy() for name, value in parameters.items()}
        self.gradients = {name: value.grad.numpy() for name, value in parameters.items()}


def differences(work: Workload, expected: Expected) -> tuple[float, float]:
    """The relative difference of the loss in JAX, and the largest of a gradient."""
    found = {name: value.shape for name, value in expected.weights.items()}
    if found != shapes(work):
        fail(f"{work.name}: weights of other names or shapes: {set(found.items()) ^ set(shapes(work).items())}")
    weights = {name: jnp.asarray(value) for name, value in expected.weights.items()}
    arrays = [jnp.asarray(value) for value in expected.arrays]
    with jax.default_matmul_precision("float32"):
        loss, gradients = jax.jit(jax.value_and_grad(lambda given: negative_elbo(work, given, *arrays)))(weights)
    of_gradients = [
        float(numpy.linalg.norm(numpy.asarray(gradients[name]) - value) / numpy.linalg.norm(value))
        for name, value in expected.gradients.items()
    ]
    return abs(float(loss) - expected.loss) / abs(expected.loss), max(of_gradients)


def main() -> None:
    worst = 0.0
    # PyTorch first: its threads and those of JAX have waited for one another for ever.
    all_expected = [(work, Expected(work)) for work in WORKLOADS.values()]
    for work, expected in all_expected:
        of_loss, of_gradients = differences(work, expected)
        print(f"{work.name:8}  loss {of_loss:.1e}  gradients {of_gradients:.1e}", flush=True)
        worst = max(worst, of_loss, of_gradients)
    if not worst <= TOLERANCE:
        fail(f"the models differ by {worst:.1e}, above {TOLERANCE:.0e}")


if __name__ == "__main__":
    main()
