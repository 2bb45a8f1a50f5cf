"""The models of the workloads in JAX: functions of a dictionary of weights, with the names and layouts of `torch_vae`."""

from __future__ import annotations

import math
from collections.abc import Callable

import jax
import jax.numpy as jnp
from jax import Array, lax

from workloads import Workload

Weights = dict[str, Array]
# Convolutions: images [batch, channels, height, width], kernels [out, in, height, width].
LAYOUT = ("NCHW", "OIHW", "NCHW")


def shapes(work: Workload) -> dict[str, tuple[int, ...]]:
    """Name and shape of every weight; biases have one dimension."""
    return conv_shapes(work) if work.model == "conv" else dense_shapes(work)


def dense_shapes(work: Workload) -> dict[str, tuple[int, ...]]:
    encoder, decoder = (work.pixels, *work.hidden), (work.latent, *work.hidden[::-1])
    layers = {f"encoder.{2 * i}": pair[::-1] for i, pair in enumerate(zip(encoder, encoder[1:]))}
    layers["posterior"] = (2 * work.latent, encoder[-1])
    layers |= {f"decoder.{2 * i}": pair[::-1] for i, pair in enumerate(zip(decoder, decoder[1:]))}
    layers["likelihood"] = (work.pixels, decoder[-1])
    found = with_biases(layers)
    return found | ({"log_sigma": (1,)} if work.likelihood == "gaussian" else {})


def conv_shapes(work: Workload) -> dict[str, tuple[int, ...]]:
    channels = (work.channels, *work.filters)
    features = channels[-1] * work.sides[-1] ** 2
    layers: dict[str, tuple[int, ...]] = {
        f"encoder.{2 * i}": (b, a, 4, 4) for i, (a, b) in enumerate(zip(channels, channels[1:]))
    }
    layers |= {"posterior": (2 * work.latent, features), "decoder.0": (features, work.latent)}
    # A transposed convolution has its inputs first.
    for i, index in enumerate(range(len(work.filters), 0, -1)):
        layers[f"decoder.{3 + 2 * i}"] = (channels[index], channels[index - 1], 4, 4)
    return with_biases(layers, transposed=lambda name: name.startswith("decoder.") and name != "decoder.0")


def with_biases(
    layers: dict[str, tuple[int, ...]], transposed: Callable[[str], bool] = lambda name: False
) -> dict[str, tuple[int, ...]]:
    found: dict[str, tuple[int, ...]] = {}
    for name, shape in layers.items():
        is_image = len(shape) == 4 and transposed(name)
        found |= {f"{name}.weight": shape, f"{name}.bias": (shape[1] if is_image else shape[0],)}
    return found


def initial(work: Workload, key: Array) -> Weights:
    """Weights and biases uniform up to 1 / sqrt(inputs), as PyTorch draws them; log sigma 0."""
    weights: Weights = {}
    reach = 0.0
    for name, shape in shapes(work).items():
        key, own = jax.random.split(key)
        if len(shape) > 1:
            reach = 1 / math.sqrt(math.prod(shape[1:]))
        weights[name] = jnp.zeros(1) if name == "log_sigma" else jax.random.uniform(own, shape, minval=-reach, maxval=reach)
    return weights


def negative_elbo(work: Workload, weights: Weights, x: Array, noise: Array, bf16: bool = False) -> Array:
    """Nats per image of `x` [batch, pixels] in [0, 1], the mean over the batch, with `noise` [batch, latent] for z.

    `bf16` rounds what matrix products and convolutions take and give, as PyTorch's autocast does.
    """

    def narrow(value: Array) -> Array:
        return value.astype(jnp.bfloat16) if bf16 else value

    def linear(name: str, value: Array) -> Array:
        return narrow(value) @ narrow(weights[f"{name}.weight"]).T + narrow(weights[f"{name}.bias"])

    def convolve(name: str, value: Array) -> Array:
        kernel, bias = narrow(weights[f"{name}.weight"]), narrow(weights[f"{name}.bias"])
        out = lax.conv_general_dilated(narrow(value), kernel, (2, 2), [(1, 1)] * 2, dimension_numbers=LAYOUT)
        return out + bias[:, None, None]

    def spread(name: str, value: Array, padding: int) -> Array:
        """A transposed convolution: the gradient of one with kernel 4, stride 2, padding 1."""
        kernel, bias = narrow(weights[f"{name}.weight"]), narrow(weights[f"{name}.bias"])
        kernel = jnp.flip(kernel, (2, 3)).swapaxes(0, 1)
        ends = [(2, 2 + padding)] * 2
        out = lax.conv_general_dilated(
            narrow(value), kernel, (1, 1), ends, lhs_dilation=(2, 2), dimension_numbers=LAYOUT
        )
        return out + bias[:, None, None]

    layers = len(work.filters) if work.model == "conv" else len(work.hidden)
    hidden = x.reshape(-1, work.channels, work.side, work.side) if work.model == "conv" else x
    for i in range(layers):
        hidden = jax.nn.relu((convolve if work.model == "conv" else linear)(f"encoder.{2 * i}", hidden))
    posterior = linear("posterior", hidden.reshape(len(x), -1)).astype(jnp.float32)
    mean, log_variance = jnp.split(posterior, 2, axis=1)
    kl = 0.5 * (jnp.exp(log_variance) + mean * mean - 1 - log_variance).sum()
    hidden = mean + jnp.exp(0.5 * log_variance) * noise
    if work.model == "conv":
        sides = work.sides
        hidden = jax.nn.relu(linear("decoder.0", hidden)).reshape(-1, work.filters[-1], sides[-1], sides[-1])
        for i, index in enumerate(range(layers, 0, -1)):
            hidden = spread(f"decoder.{3 + 2 * i}", hidden, (sides[index - 1] - 2) % 2)
            hidden = jax.nn.relu(hidden) if index > 1 else hidden
        output = hidden.reshape(len(x), -1).astype(jnp.float32)
    else:
        for i in range(layers):
            hidden = jax.nn.relu(linear(f"decoder.{2 * i}", hidden))
        output = linear("likelihood", hidden).astype(jnp.float32)
    return (kl + reconstruction(x, output, weights.get("log_sigma"))) / len(x)


def reconstruction(x: Array, output: Array, log_sigma: Array | None) -> Array:
    """-ln p(x|z) of all images: of a Bernoulli, or of a Gaussian with one log sigma."""
    if log_sigma is None:
        return (jax.nn.softplus(output) - x * output).sum()
    constant = x.size * (log_sigma[0] + 0.5 * math.log(2 * math.pi))
    return 0.5 * ((x - output) ** 2).sum() * jnp.exp(-2 * log_sigma[0]) + constant
