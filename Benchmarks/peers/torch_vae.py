"""The models of the workloads in PyTorch."""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn
from torch.nn import functional

from workloads import PIXELS, Workload


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
        outer, inner = (work.hidden[0], work.hidden[-1]) if work.hidden else (work.latent, PIXELS)
        self.encoder = stack(PIXELS, work.hidden)
        self.posterior = nn.Linear(inner, 2 * work.latent)
        self.decoder = stack(work.latent, work.hidden[::-1])
        self.likelihood = nn.Linear(outer, PIXELS)
        self.log_sigma = nn.Parameter(torch.zeros(1)) if work.likelihood == "gaussian" else None

    def forward(self, x: Tensor) -> Tensor:
        """The negative ELBO of images `x` [batch, pixels] in [0, 1]: nats per image, the mean over the batch."""
        mean, log_variance = self.posterior(self.encoder(x)).float().chunk(2, dim=1)
        z = mean + torch.exp(0.5 * log_variance) * torch.randn_like(mean)
        output = self.likelihood(self.decoder(z)).float()
        kl = 0.5 * (log_variance.exp() + mean * mean - 1 - log_variance).sum()
        if self.log_sigma is None:
            loss = functional.binary_cross_entropy_with_logits(output, x, reduction="sum")
        else:
            squares = functional.mse_loss(output, x, reduction="sum")
            constant = x.numel() * (self.log_sigma + 0.5 * math.log(2 * math.pi))
            loss = 0.5 * squares * torch.exp(-2 * self.log_sigma) + constant
        return ((kl + loss) / x.shape[0]).squeeze()


MODELS: dict[str, type[nn.Module]] = {"dense": DenseVAE}
