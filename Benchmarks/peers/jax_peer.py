"""Speed of whole training steps in JAX: gather, forward, backward, Adam. See README.md for what is compared.

One mode, scan: data and weights stay on the device, and one jitted program takes a number of whole steps in `lax.scan`, noise and
Adam included.
"""

from __future__ import annotations

import argparse
import os
from collections.abc import Iterator
from functools import partial

import command
from command import Measurement
from harness import absent, fail, one_line
from workloads import IMAGES, LEARNING_RATE, Workload, images

try:
    import jax
    import jax.numpy as jnp
    import numpy
    from jax import Array, lax

    from jax_vae import Weights, initial, negative_elbo
except ImportError as error:
    absent(f"JAX cannot be imported ({one_line(error)}); pip install jax, or 'jax[cuda13]' for a GPU")

# Operands of products are what the name says on GPUs; processors compute in float32 in any case.
PRECISIONS = {"fp32": "float32", "tf32": "tensorfloat32", "bf16": "float32"}
State = tuple[Weights, Weights, Weights, Array, Array]  # weights, both moments, steps taken, key


class JaxSteps:
    """Training steps of a workload; `harness.Steps`. `multiple` steps are one program."""

    def __init__(self, work: Workload, precision: str, multiple: int) -> None:
        self.multiple, self.work, self.bf16 = multiple, work, precision == "bf16"
        self.data = jnp.asarray(numpy.frombuffer(images(work), numpy.uint8).reshape(IMAGES, work.pixels))
        weights = initial(work, jax.random.key(0))
        zeros = {name: jnp.zeros_like(value) for name, value in weights.items()}
        self.state: State = (weights, zeros, {**zeros}, jnp.zeros((), jnp.int32), jax.random.key(1))
        # Buffers that are given away must not be shared.
        self.state = jax.tree.map(lambda value: value.copy() if value.dtype == jnp.float32 else value, self.state)
        self.precision = PRECISIONS[precision]
        self.steps = jax.jit(self.scan, static_argnums=2, donate_argnums=0)

    def scan(self, state: State, data: Array, count: int) -> tuple[State, Array]:
        """`count` steps, over the batches of new permutations of the images; gives the loss of each."""
        key, own = jax.random.split(state[4])
        per_epoch = IMAGES // self.work.batch
        epochs = -(-count // per_epoch)
        orders = jax.vmap(lambda one: jax.random.permutation(one, IMAGES))(jax.random.split(own, epochs))
        rows = orders[:, : per_epoch * self.work.batch].reshape(-1, self.work.batch)[:count]
        return lax.scan(partial(self.step, data), (*state[:4], key), rows)

    def step(self, data: Array, state: State, rows: Array) -> tuple[State, Array]:
        """One step of training; pixels scaled to [0, 1], and for a Bernoulli drawn with that probability."""
        weights, first, second, taken, key = state
        key, of_pixels, of_z = jax.random.split(key, 3)
        x = data[rows].astype(jnp.float32) / 255
        if self.work.likelihood == "bernoulli":
            x = (jax.random.uniform(of_pixels, x.shape) < x).astype(jnp.float32)
        noise = jax.random.normal(of_z, (len(rows), self.work.latent))
        loss, gradients = jax.value_and_grad(lambda given: negative_elbo(self.work, given, x, noise, self.bf16))(weights)
        taken = taken + 1
        first = jax.tree.map(lambda m, g: 0.9 * m + 0.1 * g, first, gradients)
        second = jax.tree.map(lambda v, g: 0.999 * v + 0.001 * g * g, second, gradients)
        rate, root = LEARNING_RATE / (1 - 0.9**taken), jnp.sqrt(1 - 0.999**taken)
        weights = jax.tree.map(lambda w, m, v: w - rate * m / (jnp.sqrt(v) / root + 1e-8), weights, first, second)
        return (weights, first, second, taken, key), loss

    def run(self, count: int) -> float:
        """Takes `count` steps: a multiple of `multiple`, or fewer as a program of their own."""
        losses = None
        size = min(count, self.multiple)
        with jax.default_matmul_precision(self.precision):
            for _ in range(count // size):
                self.state, losses = self.steps(self.state, self.data, size)
        return float(losses[-1])


def arguments() -> argparse.Namespace:
    parser = command.parser(__doc__)
    parser.add_argument("--precisions", default="fp32", help="a comma list: fp32, bf16 (operands of products), on CUDA tf32")
    parser.add_argument("--device", default="cpu", choices=["cpu", "cuda"])
    parser.add_argument("--chunk", type=int, help="steps of one program (default: 64 on CUDA, 8 on the CPU)")
    return parser.parse_args()


def measurements(given: argparse.Namespace) -> Iterator[Measurement]:
    chunk = given.chunk or (64 if given.device == "cuda" else 8)
    common = {"peer": "jax", "version": jax.__version__, "device": given.device}
    common["device_name"] = jax.devices()[0].device_kind
    for work in command.workloads(given):
        for precision in given.precisions.split(","):
            head = common | {"mode": "scan", "precision": precision, "chunk": chunk}
            yield Measurement(work, head, partial(JaxSteps, work, precision, chunk), warm_up=chunk, multiple=chunk)


def main() -> None:
    given = arguments()
    known = [name for name in PRECISIONS if name != "tf32" or given.device == "cuda"]
    for name in set(given.precisions.split(",")) - set(known):
        fail(f"no precision '{name}' on {given.device}; there are {', '.join(known)}")
    jax.config.update("jax_platforms", given.device)
    # The generator of the hardware; the default, Threefry, would be a good part of a small step.
    jax.config.update("jax_default_prng_impl", "rbg")
    if os.environ.get("JAX_COMPILATION_CACHE_DIR"):
        jax.config.update("jax_persistent_cache_min_compile_time_secs", 0)
    try:
        jax.devices()
    # An assertion of JAX's fails where its plugin for the device is not installed.
    except (AssertionError, RuntimeError) as error:
        reason = one_line(error) if str(error) else "it has no plugin for it"
        absent(f"JAX sees no {given.device} device ({reason})")
    command.run(measurements(given), given)


if __name__ == "__main__":
    main()
