"""The models of the workloads in PyTorch."""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn
from torch.nn import functional

from workloads import Workload


def stack(width: int, widths: tuple[int, ...]) -> nn.Sequential:
    """Linear layers with ReLU behind each; nothing for no widths."""
    layers: list[nn.Module] = []
    for following in widths:
        layers += [nn.Linear(width, following), nn.ReLU()]
        width = following
    return nn.Sequential(*layers)


class DenseVAE(nn.Module):
    """A VAE of dense layers with a diagonal Gaussian posterior; the decoder has the encoder's widths in reverse."""

    def __init__(self, work: Workload) -> None:
        super().__init__()
        outer, inner = (work.hidden[0], work.hidden[-1]) if work.hidden else (work.latent, work.pixels)
        self.encoder = stack(work.pixels, work.hidden)
        self.posterior = nn.Linear(inner, 2 * work.latent)
        self.decoder = stack(work.latent, work.hidden[::-1])
        self.likelihood = nn.Linear(outer, work.pixels)
        self.log_sigma = nn.Parameter(torch.zeros(1)) if work.likelihood == "gaussian" else None

    def forward(self, x: Tensor) -> Tensor:
        """The negative ELBO of images `x` [batch, pixels] in [0, 1]: nats per image, the mean over the batch."""
        z, kl = sample(self.posterior(self.encoder(x)))
        return negative_elbo(x, self.likelihood(self.decoder(z)), kl, self.log_sigma)


class ConvolutionalVAE(nn.Module):
    """Convolutions of kernel 4, stride 2, padding 1 with ReLU, and their transposes, Bernoulli."""

    def __init__(self, work: Workload) -> None:
        super().__init__()
        sides, channels = work.sides, (work.channels, *work.filters)
        down: list[nn.Module] = []
        for a, b in zip(channels, channels[1:]):
            down += [nn.Conv2d(a, b, 4, 2, 1), nn.ReLU()]
        self.shape = (work.channels, work.side, work.side)
        self.encoder = nn.Sequential(*down, nn.Flatten())
        features = channels[-1] * sides[-1] ** 2
        self.posterior = nn.Linear(features, 2 * work.latent)
        up: list[nn.Module] = [nn.Linear(work.latent, features), nn.ReLU(), nn.Unflatten(1, (channels[-1], sides[-1], sides[-1]))]
        for index in range(len(work.filters), 0, -1):
            padding = (sides[index - 1] - 2) % 2
            up.append(nn.ConvTranspose2d(channels[index], channels[index - 1], 4, 2, 1, output_padding=padding))
            if index > 1:
                up.append(nn.ReLU())
        self.decoder = nn.Sequential(*up)

    def forward(self, x: Tensor) -> Tensor:
        """The same of images [batch, pixels]."""
        z, kl = sample(self.posterior(self.encoder(x.view(-1, *self.shape))))
        return negative_elbo(x, self.decoder(z).flatten(1), kl, None)


def sample(posterior: Tensor) -> tuple[Tensor, Tensor]:
    """A draw of z for each image, and the KL of all."""
    mean, log_variance = posterior.float().chunk(2, dim=1)
    z = mean + torch.exp(0.5 * log_variance) * torch.randn_like(mean)
    return z, 0.5 * (log_variance.exp() + mean * mean - 1 - log_variance).sum()


def negative_elbo(x: Tensor, output: Tensor, kl: Tensor, log_sigma: Tensor | None) -> Tensor:
    """Nats per image, the mean over the batch: of a Bernoulli, or of a Gaussian with one log sigma."""
    output = output.float()
    if log_sigma is None:
        loss = functional.binary_cross_entropy_with_logits(output, x, reduction="sum")
    else:
        squares = functional.mse_loss(output, x, reduction="sum")
        constant = x.numel() * (log_sigma + 0.5 * math.log(2 * math.pi))
        loss = 0.5 * squares * torch.exp(-2 * log_sigma) + constant
    return ((kl + loss) / x.shape[0]).squeeze()


MODELS: dict[str, type[nn.Module]] = {"dense": DenseVAE, "conv": ConvolutionalVAE}
