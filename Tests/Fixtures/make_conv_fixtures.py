#!/usr/bin/env python3
"""Writes the fixtures of convolutional VAEs: five Adam steps by PyTorch's nn.Conv2d and nn.ConvTranspose2d in float64.

    .venv/bin/python Tests/Fixtures/make_conv_fixtures.py [--output DIR]

Noise, batches and binarisation are those of make_fixtures.py; the pixels of an image are [height, width, channels]. Parameters are
stored as PyTorch has them, so the engine must read and write that layout. Images are not square, and no layer's size is a multiple of
its stride: the output padding of the transposed convolutions differs from layer to layer.
conv-sparse has steps longer than its kernel, and as much padding.
"""

import argparse
import math
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
import torch.nn.functional as F

import make_fixtures as base

HEIGHT, WIDTH, CHANNELS, SAMPLES, BATCH, LATENTS, STEPS = 7, 10, 2, 12, 5, 3, 5
LAYERS = [3, 4]


class Case(NamedTuple):
    likelihood: str
    kernel: int = 4
    stride: int = 2
    padding: int = 1

    def sizes(self):
        result = [(HEIGHT, WIDTH)]
        for _ in LAYERS:
            result.append(tuple((s + 2 * self.padding - self.kernel) // self.stride + 1 for s in result[-1]))
        return result


CASES = {
    "conv-bernoulli": Case("bernoulli"),
    "conv-gaussian-predicted": Case("gaussian"),
    "conv-sparse": Case("bernoulli", kernel=2, stride=3, padding=2),
}


def shapes(case):
    numbers = 2 if case.likelihood == "gaussian" else 1
    channels, kernel = [CHANNELS] + LAYERS, case.kernel
    height, width = case.sizes()[-1]
    count = height * width * LAYERS[-1]
    result = {}
    for i, out in enumerate(LAYERS):
        result[f"encoder.{i}"] = ((out, channels[i], kernel, kernel), out, channels[i] * kernel**2)
    result["posterior"] = ((2 * LATENTS, count), 2 * LATENTS, count)
    result["decoder.image"] = ((count, LATENTS), count, LATENTS)
    for i in range(len(LAYERS) - 1, -1, -1):
        out = channels[i] * (numbers if i == 0 else 1)
        name = "likelihood" if i == 0 else f"decoder.{len(LAYERS) - 1 - i}"
        result[name] = ((LAYERS[i], out, kernel, kernel), out, out * kernel**2)
    return result


def initial(case):
    result = {}
    for name, (shape, outputs, inputs) in shapes(case).items():
        for part, part_shape in (("weight", shape), ("bias", (outputs,))):
            u = base.uniforms(base.SEED, base.WEIGHT_INIT, 0, [1000 + len(result)], math.prod(part_shape))
            result[f"{name}.{part}"] = base.as_float32((2 * u - 1) / math.sqrt(inputs)).reshape(part_shape)
    return result


def forward(p, x, eps, case):
    sizes, stride, padding = case.sizes(), case.stride, case.padding
    h = x
    for i in range(len(LAYERS)):
        h = torch.tanh(F.conv2d(h, p[f"encoder.{i}.weight"], p[f"encoder.{i}.bias"], stride, padding))
    mean, logvar = F.linear(h.flatten(1), p["posterior.weight"], p["posterior.bias"]).chunk(2, 1)
    z = mean + torch.exp(0.5 * logvar) * eps
    h = torch.tanh(F.linear(z, p["decoder.image.weight"], p["decoder.image.bias"]))
    h = h.unflatten(1, (LAYERS[-1], *sizes[-1]))
    for i in range(len(LAYERS) - 1, -1, -1):
        name = "likelihood" if i == 0 else f"decoder.{len(LAYERS) - 1 - i}"
        output_padding = tuple((s + 2 * padding - case.kernel) % stride for s in sizes[i])
        h = F.conv_transpose2d(h, p[f"{name}.weight"], p[f"{name}.bias"], stride, padding, output_padding)
        if i > 0:
            h = torch.tanh(h)
    if case.likelihood == "bernoulli":
        ll = -F.binary_cross_entropy_with_logits(h, x, reduction="none").sum((1, 2, 3))
    else:
        mu, log_sigma = h.chunk(2, 1)
        ll = base.Normal(mu, torch.exp(log_sigma)).log_prob(x).sum((1, 2, 3))
    kl = 0.5 * (torch.exp(logvar) + mean**2 - 1 - logvar).sum(1)
    return ll, kl


def inputs_of(pixels, batch, step, likelihood):
    p = pixels[batch]
    if likelihood == "bernoulli":
        x = base.binarize(p, base.words(base.SEED, base.TRAIN_BINARIZE, step, batch, p.shape[1]))
    else:
        x = base.as_float32(p / 255.0)
    eps = base.as_float32(base.normals(base.SEED, base.TRAIN_NOISE, step, batch, LATENTS))
    images = torch.tensor(x, dtype=torch.float64).unflatten(1, (HEIGHT, WIDTH, CHANNELS)).permute(0, 3, 1, 2)
    return images, torch.tensor(eps, dtype=torch.float64)


def write(name, case, out):
    pixels = base.make_pixels(SAMPLES, HEIGHT * WIDTH * CHANNELS)
    start = initial(case)
    p = {k: torch.tensor(v, dtype=torch.float64, requires_grad=True) for k, v in start.items()}
    adam = torch.optim.Adam(p.values(), lr=1e-3, betas=(0.9, 0.999), eps=1e-8)
    steps, tensors, step = [], {"pixels": torch.tensor(pixels)}, 0
    for epoch in range(STEPS):
        order = base.permutation(base.SEED, epoch, SAMPLES)
        for begin in range(0, SAMPLES, BATCH):
            if step == STEPS:
                break
            x, eps = inputs_of(pixels, order[begin:begin + BATCH], step, case.likelihood)
            ll, kl = forward(p, x, eps, case)
            loss = (kl - ll).mean()
            adam.zero_grad()
            loss.backward()
            if step == 0:
                tensors |= {f"gradient.{k}": v.grad.clone() for k, v in p.items()}
            adam.step()
            steps.append({"loss": loss.item(), "logLikelihood": ll.mean().item(), "kl": kl.mean().item()})
            step += 1
    tensors |= {f"initial.{k}": torch.tensor(v) for k, v in start.items()}
    tensors |= {f"final.{k}": v.detach().clone() for k, v in p.items()}
    base.write_tensors(out / f"{name}.safetensors", {k: v.contiguous() for k, v in tensors.items()})
    base.write_json(out / f"{name}.json", {
        "height": HEIGHT, "width": WIDTH, "channels": CHANNELS, "samples": SAMPLES, "batch": BATCH, "latents": LATENTS,
        "layers": LAYERS, "kernel": case.kernel, "stride": case.stride, "padding": case.padding,
        "seed": base.SEED, "likelihood": case.likelihood, "steps": steps})


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--output", type=Path, default=Path(__file__).parent)
    out = parser.parse_args().output
    for name, case in CASES.items():
        write(name, case, out)


if __name__ == "__main__":
    main()
