#!/usr/bin/env python3
"""Writes the reference fixtures that vae-gpu's tests compare the engine with.

An independent implementation: the noise is NumPy, the models, gradients and Adam are PyTorch.
Nothing here is shared with the engine, so an error would have to be made twice to go unseen.

    python3 -m venv .venv
    .venv/bin/pip install torch numpy safetensors
    .venv/bin/python Tests/Fixtures/make_fixtures.py                # rewrites the files next to this script
    .venv/bin/python Tests/Fixtures/make_fixtures.py --output DIR   # writes them elsewhere, to compare

A CPU build of PyTorch is enough; it takes seconds. There is no random state: every number follows from
the definitions below. Two runs on one machine write the same bytes; another CPU or another PyTorch may
differ in the last digits of the float64 results and in the reported float32 deviations.

What is written
    philox.json                    known answers, uniforms, normals, shuffles, binarisation
    activations.json               activations and their derivatives, float64
    densities.json                 Bernoulli and Gaussian log-densities, Gaussian KL, derivatives, float64
    tiny-*.json, .safetensors      ten Adam steps of a small model: everything is stored
    mlp*.json, .safetensors        ten Adam steps of a 784-pixel model: norms and samples of the gradients
    evaluate-tiny.json, .safetensors   the ELBO of tiny-bernoulli after its ten steps, and its standard error
    import-tiny.safetensors        the parameters of tiny-bernoulli after its ten steps, as float32

Definitions
    word(seed, purpose, step, sample, element): Philox4x32-10, key (seed's low, high 32 bits),
        counter (element / 4, sample, step, purpose), output word element % 4.
    uniform: (word >> 8) * 2^-24.
    normals: two from each pair (a, b) = words (0, 1) and (2, 3) of a block, with
        u1 = ((a >> 9) + 0.5) * 2^-23, u2 = ((b >> 9) + 0.5) * 2^-23, r = sqrt(-2 ln u1):
        r cos(2 pi u2), r sin(2 pi u2). Float64, then rounded to float32.
    pixel i of image s: w = word(0, 1000, 0, s, i); w >> 24 if w & 3 == 0, else 0
        (three quarters of all pixels are 0).
    binarisation: pixel is 1 iff word * 255 < pixel * 2^32 in 64-bit integers.
    parameters: (2u - 1) / sqrt(inputs of the layer), sample = position of the tensor in the list of parameters,
        element = flat index. Float64, then rounded to float32. log_sigma starts at 0.
    shuffle: Fisher-Yates from the end; position i draws j = (word * (i + 1)) >> 32, element = i, step = epoch.
    loss: mean over the batch of beta * KL - log-likelihood, both summed over latents and pixels.

The inputs (noise, pixels / 255, initial parameters) are rounded to float32 and widened again. The stored
results are therefore the exact answer to the problem that a float32 engine is given.
"""

import argparse
import json
import math
import platform
import re
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import safetensors
import torch
import torch.nn.functional as F
from safetensors.torch import save_file
from torch.distributions import Bernoulli, Categorical, ContinuousBernoulli, Laplace, Normal, kl_divergence

SEED = 0x123456789
STEPS = 10
ADAM = {"learningRate": 1e-3, "beta1": 0.9, "beta2": 0.999, "epsilon": 1e-8}

WEIGHT_INIT, SHUFFLE, TRAIN_NOISE, TRAIN_BINARIZE, STATIC_BINARIZE = 1, 2, 3, 4, 5
EVALUATE_NOISE, EVALUATE_BINARIZE, PRIOR_SAMPLE, PIXELS = 6, 7, 8, 1000


# ---------------------------------------------------------------- noise


def philox(counter, key):
    """Philox4x32-10: `counter` [..., 4] and `key` [2], unsigned 32-bit -> [..., 4]."""
    low, shift = np.uint64(0xFFFFFFFF), np.uint64(32)
    c0, c1, c2, c3 = (np.asarray(counter, np.uint64)[..., i] for i in range(4))
    k0, k1 = int(key[0]), int(key[1])
    for _ in range(10):
        p0 = np.uint64(0xD2511F53) * c0
        p1 = np.uint64(0xCD9E8D57) * c2
        c0, c1, c2, c3 = ((p1 >> shift) ^ c1 ^ np.uint64(k0), p1 & low,
                          (p0 >> shift) ^ c3 ^ np.uint64(k1), p0 & low)
        k0 = (k0 + 0x9E3779B9) & 0xFFFFFFFF
        k1 = (k1 + 0xBB67AE85) & 0xFFFFFFFF
    return np.stack([c0, c1, c2, c3], -1)


def blocks(seed, purpose, step, samples, count):
    """The Philox blocks that cover elements 0..<count of each sample: [samples, blocks, 4]."""
    samples = np.asarray(samples, np.uint64)
    n = (count + 3) // 4
    counter = np.zeros((len(samples), n, 4), np.uint64)
    counter[..., 0] = np.arange(n, dtype=np.uint64)
    counter[..., 1] = samples[:, None]
    counter[..., 2] = step
    counter[..., 3] = purpose
    return philox(counter, (seed & 0xFFFFFFFF, seed >> 32))


def words(seed, purpose, step, samples, count):
    b = blocks(seed, purpose, step, samples, count)
    return b.reshape(b.shape[0], -1)[:, :count]


def uniforms(seed, purpose, step, samples, count):
    return (words(seed, purpose, step, samples, count) >> np.uint64(8)).astype(np.float64) * 2.0**-24


def normals(seed, purpose, step, samples, count):
    b = blocks(seed, purpose, step, samples, count)
    u = ((b >> np.uint64(9)).astype(np.float64) + 0.5) * 2.0**-23
    radius = np.sqrt(-2.0 * np.log(u[..., 0::2]))
    angle = 2.0 * np.pi * u[..., 1::2]
    n = np.stack([radius * np.cos(angle), radius * np.sin(angle)], -1)
    return n.reshape(b.shape[0], -1)[:, :count]


def permutation(seed, epoch, count):
    """Plain Python integers: Fisher-Yates needs no vectors."""
    w = words(seed, SHUFFLE, epoch, [0], count)[0]
    order = list(range(count))
    for i in range(count - 1, 0, -1):
        j = (int(w[i]) * (i + 1)) >> 32
        order[i], order[j] = order[j], order[i]
    return order


def make_pixels(samples, count):
    w = words(0, PIXELS, 0, range(samples), count)
    return np.where((w & np.uint64(3)) == 0, w >> np.uint64(24), 0).astype(np.uint8)


def binarize(pixels, w):
    return (w * np.uint64(255) < (pixels.astype(np.uint64) << np.uint64(32))).astype(np.float32)


def as_float32(values):
    return np.asarray(values, np.float64).astype(np.float32)


# ---------------------------------------------------------------- the model


@dataclass
class Case:
    name: str
    side: int
    samples: int
    hidden: list
    latents: int
    batch: int
    likelihood: str
    binarization: str
    sigma: object = None  # "learned", a number, or None
    activation: str = "relu"
    beta: float = 1.0
    seed: int = SEED
    whole_gradients: bool = True
    inputs: int = field(init=False)

    def __post_init__(self):
        self.inputs = self.side * self.side

    def layers(self):
        """(name, inputs, outputs) in the order of registration."""
        result, width = [], self.inputs
        for i, h in enumerate(self.hidden):
            result.append((f"encoder.{i}", width, h))
            width = h
        result.append(("posterior", width, 2 * self.latents))
        width = self.latents
        for i, h in enumerate(reversed(self.hidden)):
            result.append((f"decoder.{i}", width, h))
            width = h
        result.append(("likelihood", width, self.inputs))
        return result

    def initial_parameters(self):
        result = {}
        for name, inputs, outputs in self.layers():
            for part, shape in (("weight", (outputs, inputs)), ("bias", (outputs,))):
                u = uniforms(self.seed, WEIGHT_INIT, 0, [len(result)], math.prod(shape))
                value = (2.0 * u - 1.0) * (1.0 / math.sqrt(inputs))
                result[f"{name}.{part}"] = as_float32(value).reshape(shape)
        if self.sigma == "learned":
            result["likelihood.log_sigma"] = np.zeros((1,), np.float32)
        return result


ACTIVATIONS = {
    "relu": F.relu,
    "tanh": torch.tanh,
    "sigmoid": torch.sigmoid,
    "gelu": F.gelu,
    "softplus": F.softplus,
    "leaky_relu": lambda x: F.leaky_relu(x, 0.01),
}


def forward(case, parameters, x, eps):
    """Log-likelihood and KL per image, [B] each, and the posterior's mean and log-variance."""
    activation = ACTIVATIONS[case.activation]

    def linear(name, h):
        return F.linear(h, parameters[name + ".weight"], parameters[name + ".bias"])

    h = x
    for i in range(len(case.hidden)):
        h = activation(linear(f"encoder.{i}", h))
    mean, logvar = linear("posterior", h).chunk(2, dim=1)
    z = mean + torch.exp(0.5 * logvar) * eps
    h = z
    for i in range(len(case.hidden)):
        h = activation(linear(f"decoder.{i}", h))
    out = linear("likelihood", h)

    if case.likelihood == "bernoulli":
        ll = -F.binary_cross_entropy_with_logits(out, x, reduction="none").sum(1)
        check = Bernoulli(logits=out, validate_args=False)
    else:
        if case.sigma == "learned":
            log_sigma = parameters["likelihood.log_sigma"]
        else:
            log_sigma = torch.tensor([math.log(case.sigma)], dtype=x.dtype)
        ll = (-0.5 * math.log(2 * math.pi) - log_sigma - 0.5 * ((x - out) * torch.exp(-log_sigma)) ** 2).sum(1)
        check = Normal(out, torch.exp(log_sigma))
    kl = 0.5 * (torch.exp(logvar) + mean**2 - 1 - logvar).sum(1)

    if x.dtype == torch.float64:  # the same two numbers from torch.distributions
        with torch.no_grad():
            torch.testing.assert_close(ll, check.log_prob(x).sum(1), rtol=1e-12, atol=1e-11)
            q = Normal(mean, torch.exp(0.5 * logvar))
            torch.testing.assert_close(kl, kl_divergence(q, Normal(0.0, 1.0)).sum(1), rtol=1e-11, atol=1e-11)
    return ll, kl, (mean, logvar)


def inputs_of(case, pixels, batch, step):
    """x [B, D] and eps [B, M] of one training step, as float32."""
    p = pixels[batch]
    if case.binarization == "dynamic":
        x = binarize(p, words(case.seed, TRAIN_BINARIZE, step, batch, case.inputs))
    elif case.binarization == "static":
        x = binarize(p, words(0, STATIC_BINARIZE, 0, batch, case.inputs))
    else:
        x = as_float32(p / 255.0)
    return x, as_float32(normals(case.seed, TRAIN_NOISE, step, batch, case.latents))


def batches(case):
    """(epoch, indices) of the first STEPS steps."""
    result, epoch = [], 0
    while len(result) < STEPS:
        order = permutation(case.seed, epoch, case.samples)
        assert sorted(order) == list(range(case.samples))
        for start in range(0, case.samples, case.batch):
            result.append((epoch, order[start:start + case.batch]))
        epoch += 1
    return result[:STEPS]


def train(case, pixels, dtype):
    parameters = {k: torch.tensor(v, dtype=dtype, requires_grad=True) for k, v in case.initial_parameters().items()}
    adam = torch.optim.Adam(parameters.values(), lr=ADAM["learningRate"],
                            betas=(ADAM["beta1"], ADAM["beta2"]), eps=ADAM["epsilon"])
    steps, gradients, logvars = [], {k: [] for k in parameters}, []
    for step, (epoch, batch) in enumerate(batches(case)):
        x, eps = inputs_of(case, pixels, batch, step)
        ll, kl, (_, logvar) = forward(case, parameters, torch.tensor(x, dtype=dtype), torch.tensor(eps, dtype=dtype))
        loss = (case.beta * kl - ll).mean()
        adam.zero_grad()
        loss.backward()
        for k, v in parameters.items():
            gradients[k].append(v.grad.detach().clone())
        adam.step()
        steps.append({"epoch": epoch, "batch": batch, "loss": loss.item(),
                      "logLikelihood": ll.mean().item(), "kl": kl.mean().item()})
        logvars += [logvar.min().item(), logvar.max().item()]
    final = {k: v.detach().clone() for k, v in parameters.items()}
    return steps, {k: torch.stack(v) for k, v in gradients.items()}, final, [min(logvars), max(logvars)]


def float32_deviation(case, exact, single):
    """How far PyTorch's own float32 run is from the float64 run: a yardstick for tolerances."""
    (steps, gradients, final, _), (steps32, gradients32, final32, _) = exact, single

    def scalars(key):
        return max(abs(a[key] - b[key]) / abs(a[key]) for a, b in zip(steps, steps32))

    by_step, updates = [], {}
    for t in range(STEPS):
        by_step.append(max(((gradients[k][t] - gradients32[k][t].double()).abs().max()
                            / gradients[k][t].abs().max().clamp_min(1e-30)).item() for k in gradients))
    for k in final:
        updates[k] = (final[k] - final32[k].double()).abs().max().item()
    worst = max(updates, key=updates.get)
    result = {
        "lossRelative": scalars("loss"),
        "logLikelihoodRelative": scalars("logLikelihood"),
        "klRelative": scalars("kl"),
        "gradientRelativeToTensorMaximumByStep": by_step,
        "finalParameterAbsolute": updates[worst],
        "finalParameterWorstTensor": worst,
    }
    assert result["lossRelative"] < 1e-6, (case.name, result)
    rounded = {k: float(f"{v:.2e}") for k, v in result.items() if isinstance(v, float)}
    return {**result, **rounded, "gradientRelativeToTensorMaximumByStep": [float(f"{v:.2e}") for v in by_step]}


# ---------------------------------------------------------------- the files


def generator():
    return {"script": "Tests/Fixtures/make_fixtures.py", "torch": torch.__version__.split("+")[0],
            "numpy": np.__version__, "safetensors": safetensors.__version__, "python": platform.python_version()}


def write_json(path, value):
    text = json.dumps({"generator": generator(), **value}, indent=1, allow_nan=False)
    # one line for each list of plain values
    text = re.sub(r"\[[^\[\]{}]*\]", lambda m: re.sub(r"\s+", " ", m.group()).replace("[ ", "[").replace(" ]", "]"), text)
    path.write_text(text + "\n")


def write_tensors(path, tensors):
    save_file(tensors, path, metadata={"format": "pt"})
    path.chmod(0o644)


def norm(values):
    """L2 norm, exactly rounded, so that it does not depend on where the vector lies in memory."""
    return math.sqrt(math.fsum((np.asarray(values, np.float64).reshape(-1) ** 2).tolist()))


def sample_indices(count):
    n = min(32, count)
    return [0] if n == 1 else [k * (count - 1) // (n - 1) for k in range(n)]


def pixels_of(case):
    return make_pixels(case.samples, case.inputs)


def write_training(case, out):
    pixels = pixels_of(case)
    exact = train(case, pixels, torch.float64)
    single = train(case, pixels, torch.float32)
    steps, gradients, final, logvars = exact
    initial = case.initial_parameters()

    tensors, parameters = {}, []
    for index, (name, value) in enumerate(initial.items()):
        entry = {"index": index, "name": name, "shape": list(value.shape), "count": value.size}
        if case.whole_gradients:
            tensors[f"initial.{name}"] = torch.tensor(value)
            tensors[f"gradient.{name}"] = gradients[name]
            tensors[f"final.{name}"] = final[name]
        else:
            at = sample_indices(value.size)
            flat = gradients[name].reshape(STEPS, -1)
            entry["sampledIndices"] = at
            entry["gradientNorms"] = [norm(g) for g in flat]
            entry["initialNorm"] = norm(value)
            entry["finalNorm"] = norm(final[name])
            tensors[f"initial.{name}"] = torch.tensor(value.reshape(-1)[at])
            tensors[f"gradient.{name}"] = flat[:, at].contiguous()
            tensors[f"final.{name}"] = final[name].reshape(-1)[at].contiguous()
        parameters.append(entry)
    if case.whole_gradients:
        tensors["pixels"] = torch.tensor(pixels)
        for step in (0, 3):
            x, eps = inputs_of(case, pixels, steps[step]["batch"], step)
            tensors[f"step{step}.x"], tensors[f"step{step}.eps"] = torch.tensor(x), torch.tensor(eps)
    write_tensors(out / f"{case.name}.safetensors", tensors)

    write_json(out / f"{case.name}.json", {
        "name": case.name,
        "model": {"inputs": case.inputs, "hidden": case.hidden, "latents": case.latents,
                  "activation": case.activation, "likelihood": case.likelihood, "sigma": case.sigma},
        "data": {"samples": case.samples, "width": case.side, "height": case.side,
                 "pixelSum": int(pixels.sum(dtype=np.int64)), "nonzeroPixels": int(np.count_nonzero(pixels)),
                 "recipe": "w = word(seed 0, purpose 1000, step 0, sample s, element i); w >> 24 if w & 3 == 0, else 0"},
        "training": {"seed": case.seed, "batchSize": case.batch, "beta": case.beta,
                     "binarization": case.binarization, "adam": ADAM},
        "parameters": parameters,
        "steps": steps,
        "logVarianceRange": logvars,
        "float32Deviation": float32_deviation(case, exact, single),
    })
    return final


def importance_bound(case, weights, x, noise):
    """ln 1/K sum_k p(x, z_k) / q(z_k|x) of every image, and its variance by the jackknife, by torch.distributions."""
    logs = []
    for eps in noise:
        with torch.no_grad():
            ll, _, (mean, logvar) = forward(case, {k: v.double() for k, v in weights.items()}, torch.tensor(x, dtype=torch.float64), torch.tensor(eps, dtype=torch.float64))
            q = Normal(mean, torch.exp(0.5 * logvar))
            latents = mean + torch.exp(0.5 * logvar) * torch.tensor(eps, dtype=torch.float64)
            logs.append(ll + (Normal(0.0, 1.0).log_prob(latents) - q.log_prob(latents)).sum(1))
    logs, k = torch.stack(logs, 1), len(noise)
    without = torch.stack([torch.logsumexp(logs[:, [i for i in range(k) if i != j]], 1) for j in range(k)], 1)
    return torch.logsumexp(logs, 1) - math.log(k), without.var(dim=1, unbiased=False) * (k - 1)


def write_evaluation(case, final, out):
    draws, pixels = 3, pixels_of(case)
    weights = {k: v.float() for k, v in final.items()}
    write_tensors(out / "import-tiny.safetensors", weights)

    def evaluate(dtype):
        lls, kls = [], []
        for s in range(draws):
            with torch.no_grad():
                ll, kl, _ = forward(case, {k: v.to(dtype) for k, v in weights.items()},
                                    torch.tensor(xs[s], dtype=dtype), torch.tensor(noise[s], dtype=dtype))
            lls.append(ll)
            kls.append(kl)
        return torch.stack(lls, 1).double(), torch.stack(kls, 1).double()  # [images, draws]

    everyone = range(case.samples)
    # An image is binarised once for all its draws.
    xs = [binarize(pixels, words(case.seed, EVALUATE_BINARIZE, 0, everyone, case.inputs))] * draws
    noise = [as_float32(normals(case.seed, EVALUATE_NOISE, s, everyone, case.latents)) for s in range(draws)]
    ll, kl = evaluate(torch.float64)
    elbo = ll - kl
    iwae, iwae_variance = importance_bound(case, weights, xs[0], noise)
    stderr = math.sqrt((elbo.var(dim=1, unbiased=True) / draws).sum().item()) / case.samples
    ll32, kl32 = evaluate(torch.float32)

    write_tensors(out / "evaluate-tiny.safetensors",
                  {f"draw{s}.{k}": torch.tensor(v[s]) for s in range(draws) for k, v in (("x", xs), ("eps", noise))})
    write_json(out / "evaluate-tiny.json", {
        "name": "evaluate-tiny",
        "weights": "import-tiny.safetensors",
        "model": {"inputs": case.inputs, "hidden": case.hidden, "latents": case.latents,
                  "activation": case.activation, "likelihood": case.likelihood, "sigma": case.sigma},
        "seed": case.seed, "samples": case.samples, "draws": draws, "binarization": "dynamic",
        "elbo": elbo.mean().item(), "logLikelihood": ll.mean().item(), "kl": kl.mean().item(),
        "standardError": stderr,
        "iwae": iwae.mean().item(), "iwaeStandardError": math.sqrt(iwae_variance.sum().item()) / case.samples,
        "imageDrawElbo": elbo.tolist(), "imageDrawLogLikelihood": ll.tolist(), "imageDrawKL": kl.tolist(),
        "float32Deviation": {"elboRelative": float(f"{abs((ll32 - kl32).mean() / elbo.mean() - 1).item():.2e}"),
                             "imageDrawElboRelative": float(f"{((ll32 - kl32) / elbo - 1).abs().max().item():.2e}")},
    })


KNOWN_ANSWERS = [
    ("00000000 00000000 00000000 00000000", "00000000 00000000", "6627e8d5 e169c58d bc57ac4c 9b00dbd8"),
    ("ffffffff ffffffff ffffffff ffffffff", "ffffffff ffffffff", "408f276d 41c83b0e a20bc7c6 6d5451fd"),
    ("243f6a88 85a308d3 13198a2e 03707344", "a4093822 299f31d0", "d16cfe09 94fdcceb 5001e420 24126ea1"),
]


def write_philox(out):
    known = []
    for row in KNOWN_ANSWERS:
        counter, key, output = ([int(h, 16) for h in part.split()] for part in row)
        assert philox(np.array(counter), key).tolist() == output, row
        known.append({"counter": counter, "key": key, "output": output})

    streams = []
    for seed, purpose, step, sample in ((SEED, 3, 0, 0), (SEED, 3, 7, 26), (0, 6, 2, 59999), (2**64 - 1, 8, 2**32 - 1, 2**32 - 1)):
        streams.append({"seed": str(seed), "purpose": purpose, "step": step, "sample": sample,
                        "words": words(seed, purpose, step, [sample], 10)[0].tolist(),
                        "uniforms": uniforms(seed, purpose, step, [sample], 10)[0].tolist(),
                        "normals": normals(seed, purpose, step, [sample], 10)[0].tolist()})

    levels = np.array([[0, 1, 2, 63, 127, 128, 200, 254, 255] * 4], np.uint8)
    w = words(SEED, TRAIN_BINARIZE, 5, [11], levels.shape[1])
    edges = [(0, 0), (0, 1), (2**32 - 1, 254), (2**32 - 1, 255), (2147483647, 127), (2147483648, 128), (16843009, 1), (16843010, 1)]

    # A million normals and uniforms behave as such.
    n = normals(SEED, TRAIN_NOISE, 0, range(1000), 1000).reshape(-1)
    u = uniforms(SEED, TRAIN_NOISE, 0, range(1000), 1000).reshape(-1)
    statistics = {"count": n.size, "mean": n.mean(), "variance": n.var(), "skewness": (n**3).mean(), "fourthMoment": (n**4).mean(),
                  "pairCorrelation": (n[0::2] * n[1::2]).mean(), "squaredPairCovariance": ((n[0::2]**2 - 1) * (n[1::2]**2 - 1)).mean(),
                  "neighbourSampleCorrelation": (n[:-1000] * n[1000:]).mean(),
                  "smallest": n.min(), "largest": n.max(), "uniformMean": u.mean(), "uniformVariance": u.var()}
    statistics = {k: float(v) if k != "count" else int(v) for k, v in statistics.items()}
    root = math.sqrt(n.size)
    for key, expected, deviation in (("mean", 0, 1), ("variance", 1, 2**0.5), ("skewness", 0, 15**0.5), ("fourthMoment", 3, 96**0.5),
                                     ("pairCorrelation", 0, 2**0.5), ("squaredPairCovariance", 0, 8**0.5),
                                     ("neighbourSampleCorrelation", 0, 1), ("uniformMean", 0.5, (1 / 12)**0.5),
                                     ("uniformVariance", 1 / 12, (1 / 180)**0.5)):
        assert abs(statistics[key] - expected) < 4 * deviation / root, (key, statistics[key])

    write_json(out / "philox.json", {
        "knownAnswers": known,
        "streams": streams,
        "permutations": [{"seed": SEED, "epoch": e, "count": c, "order": permutation(SEED, e, c)} for e, c in ((0, 27), (1, 27), (2, 27), (0, 1), (3, 2), (1, 100))],
        "binarization": {"seed": SEED, "purpose": TRAIN_BINARIZE, "step": 5, "sample": 11, "pixels": levels[0].tolist(),
                         "values": binarize(levels, w)[0].astype(int).tolist(),
                         "edges": [{"word": a, "pixel": p, "value": int(binarize(np.array([p], np.uint8), np.array([a], np.uint64))[0])} for a, p in edges]},
        "statisticsOfSeed": {"seed": SEED, "purpose": TRAIN_NOISE, "step": 0, "samples": 1000, "elements": 1000, **statistics},
    })


def with_gradients(function, **arguments):
    """Float64 values of an elementwise function and its derivatives with respect to each argument given."""
    leaves = {k: torch.tensor(v, dtype=torch.float64, requires_grad=True) for k, v in arguments.items()}
    value = function(**leaves)
    value.sum().backward()
    return value.detach().tolist(), {k: v.grad.tolist() for k, v in leaves.items()}


def write_activations(out):
    points = as_float32(np.linspace(-8, 8, 41)).astype(np.float64).tolist()
    points[20] = 0.0
    values = {}
    for name, function in ACTIVATIONS.items():
        value, gradient = with_gradients(lambda x: function(x), x=points)
        values[name] = {"value": value, "derivative": gradient["x"]}
    write_json(out / "activations.json", {
        "x": points, "activations": values,
        "notes": ["gelu is the exact form x * Phi(x)", "leaky_relu has slope 0.01", "softplus has beta 1; PyTorch is linear above 20, outside these points",
                  "derivative at 0: relu 0, leaky_relu 0.01",
                  "gelu below -5 carries PyTorch's own cancellation: compare with an absolute tolerance"]})


def logistic_bin(mean, log_scale, x):
    """The mass of the bin of an 8-bit pixel; the outer bins have no outer edge. By the tail on the pixel's side of the mean."""
    def between(low, high, mean):
        def cdf(edge):
            return torch.sigmoid((edge - mean) / torch.exp(log_scale))

        return (cdf(high) if high is not None else torch.ones_like(mean)) - (cdf(low) if low is not None else torch.zeros_like(mean))

    low, high = (x - 0.5 / 255 if x > 0 else None), (x + 0.5 / 255 if x < 1 else None)
    negated = between(None if high is None else -high, None if low is None else -low, -mean)
    return torch.where(x > mean, negated, between(low, high, mean))


def pixel_densities():
    """ln p(x) of one pixel and its derivatives by the decoder's numbers and by ln scale."""
    def continuous_bernoulli(heads, s, x):
        return ContinuousBernoulli(logits=heads[0], validate_args=False).log_prob(x)

    def laplace(heads, s, x):
        return Laplace(heads[0], torch.exp(s)).log_prob(x)

    def categorical(heads, s, x):
        return Categorical(logits=heads).log_prob((x * 255).round().long() * len(heads) // 256)

    def mixture(heads, s, x):
        weights, means, scales = heads.chunk(3)
        return torch.log((torch.softmax(weights, 0) * logistic_bin(means, scales, x)).sum())

    cases = [("continuous_bernoulli", continuous_bernoulli, [a], None, x) for a in (-20.0, -3.0, -0.5, 0.75, 4.0, 20.0) for x in (0.0, 0.25, 1.0)]
    cases += [("laplace", laplace, [m], s, x) for m, x in ((0.25, 1.0), (2.0, -0.5), (0.5, 0.0)) for s in (-3.0, -0.5, 1.0)]
    cases += [("logistic", lambda h, s, x: torch.log(logistic_bin(h[0], s, x)), [m], s, x / 255)
              for m in (0.1, 0.6) for s in (-4.0, -2.0, 0.0) for x in (0, 1, 100, 254, 255)]
    cases += [("categorical", categorical, heads, None, x / 255)
              for heads in ([0.5, -1.0], [2.0, -3.0, 0.25, 1.0, 0.0], [0.0, 9.0, -9.0]) for x in (0, 85, 200, 255)]
    cases += [("logistic_mixture", mixture, heads, None, x / 255)
              for heads in ([0.3, 0.5, -3.0], [0.5, -1.0, 0.2, 0.1, 0.5, 0.9, -3.0, -2.0, -4.0]) for x in (0, 3, 128, 255)]
    rows = []
    for name, function, heads, log_scale, x in cases:
        # x and the numbers as a float32 engine is given them.
        tensors = [torch.tensor(np.float32(v), dtype=torch.float64, requires_grad=i < 2) for i, v in enumerate((heads, log_scale or 0.0, x))]
        value = function(*tensors)
        value.backward()
        row = {"name": name, "heads": tensors[0].tolist(), "x": tensors[2].item(), "logProbability": value.item(), "dHeads": tensors[0].grad.tolist()}
        if log_scale is not None:
            row |= {"logScale": tensors[1].item(), "dLogScale": tensors[1].grad.item()}
        rows.append(row)
    return rows


def write_densities(out):
    bernoulli = [(l, x) for l in (-40.0, -20.0, -8.0, -1.5, -0.125, 0.0, 0.125, 1.5, 8.0, 20.0, 40.0) for x in (0.0, 0.25, 1.0)]
    logits, xs = map(list, zip(*bernoulli))
    value, gradient = with_gradients(lambda logits: Bernoulli(logits=logits, validate_args=False).log_prob(
        torch.tensor(xs, dtype=torch.float64)), logits=logits)
    result = {"bernoulli": [{"logit": l, "x": x, "logProbability": v, "dLogit": d}
                            for l, x, v, d in zip(logits, xs, value, gradient["logits"])]}

    normal = [(x, m, v) for v in (-20.0, -6.0, -1.0, 0.0, 1.0, 6.0, 20.0) for x, m in ((0.0, 0.0), (1.0, 0.25), (-0.5, 2.0))]
    x, mean, logvar = map(list, zip(*normal))
    value, gradient = with_gradients(lambda x, mean, logvar: Normal(mean, torch.exp(0.5 * logvar)).log_prob(x), x=x, mean=mean, logvar=logvar)
    result["normal"] = [{"x": a, "mean": m, "logVariance": v, "logProbability": p, "dX": dx, "dMean": dm, "dLogVariance": dv}
                        for a, m, v, p, dx, dm, dv in zip(x, mean, logvar, value, gradient["x"], gradient["mean"], gradient["logvar"])]

    kl = [(m, v) for v in (-40.0, -20.0, -6.0, -1.0, -0.0625, 0.0, 0.0625, 1.0, 6.0, 20.0, 40.0) for m in (0.0, 0.5, -3.0)]
    mean, logvar = map(list, zip(*kl))
    value, gradient = with_gradients(lambda mean, logvar: kl_divergence(Normal(mean, torch.exp(0.5 * logvar)), Normal(0.0, 1.0)), mean=mean, logvar=logvar)
    for m, v, k in zip(mean, logvar, value):
        assert abs(k - 0.5 * (math.exp(v) + m * m - 1 - v)) <= 1e-12 * max(1, abs(k))
    result["klToStandardNormal"] = [{"mean": m, "logVariance": v, "kl": k, "dMean": dm, "dLogVariance": dv}
                                    for m, v, k, dm, dv in zip(mean, logvar, value, gradient["mean"], gradient["logvar"])]
    result["pixels"] = pixel_densities()
    result["notes"] = ["compare with an absolute tolerance where a value is below 1e-6: PyTorch's own cancellation shows there",
                       "values of log-variance beyond +-20 and of the logit at +-40 are the mathematical function, without any clamp"]
    write_json(out / "densities.json", result)


TINY = dict(side=6, samples=27, latents=5, batch=8)
CASES = [
    Case("tiny-bernoulli", hidden=[16, 12], likelihood="bernoulli", binarization="dynamic", **TINY),
    Case("tiny-gaussian", hidden=[16, 12], likelihood="gaussian", sigma="learned", binarization="none", activation="tanh", **TINY),
    Case("tiny-gaussian-fixed", hidden=[], likelihood="gaussian", sigma=0.5, binarization="static", beta=2.5, **TINY),
    Case("mlp400-bernoulli", side=28, samples=300, hidden=[400], latents=20, batch=128,
         likelihood="bernoulli", binarization="dynamic", whole_gradients=False),
    Case("mlp300g", side=28, samples=300, hidden=[300], latents=20, batch=128,
         likelihood="gaussian", sigma="learned", binarization="none", whole_gradients=False),
]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--output", type=Path, default=Path(__file__).resolve().parent, help="folder to write to (default: next to this script)")
    out = parser.parse_args().output
    out.mkdir(parents=True, exist_ok=True)
    torch.set_num_threads(1)
    torch.use_deterministic_algorithms(True)

    write_philox(out)
    write_activations(out)
    write_densities(out)
    for case in CASES:
        final = write_training(case, out)
        if case.name == "tiny-bernoulli":
            write_evaluation(case, final, out)
        d = json.loads((out / f"{case.name}.json").read_text())
        print(f"{case.name}: loss {d['steps'][0]['loss']:.6f} -> {d['steps'][-1]['loss']:.6f}, float32 deviation {d['float32Deviation']}")


if __name__ == "__main__":
    main()
