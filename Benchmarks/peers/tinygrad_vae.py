"""The models of the workloads in tinygrad."""

from __future__ import annotations

import math

from tinygrad import Tensor, nn

from workloads import Workload


class DenseVAE:
    """A VAE of dense layers with a diagonal Gaussian posterior; the decoder has the encoder's widths in reverse."""

    def __init__(self, work: Workload) -> None:
        encoder = (work.pixels, *work.hidden)
        decoder = (work.latent, *work.hidden[::-1])
        self.encoder = [nn.Linear(a, b) for a, b in zip(encoder, encoder[1:])]
        self.posterior = nn.Linear(encoder[-1], 2 * work.latent)
        self.decoder = [nn.Linear(a, b) for a, b in zip(decoder, decoder[1:])]
        self.likelihood = nn.Linear(decoder[-1], work.pixels)
        self.log_sigma = Tensor.zeros(1).contiguous() if work.likelihood == "gaussian" else None

    def __call__(self, x: Tensor) -> Tensor:
        """The negative ELBO of images `x` [batch, pixels] in [0, 1]: nats per image, the mean over the batch.

        `contiguous` and `contiguous_backward` keep tinygrad from fusing exponentials and noise into the inner loops of
        the matrix products that take them: without, a step of mlp400 takes 40 times as long on PoCL. The Bernoulli is
        softplus(a) - x a with one exponential; the library's binary_crossentropy_logits computes several.
        """
        hidden, batch = x, int(x.shape[0])
        for layer in self.encoder:
            hidden = layer(hidden).relu()
        mean, log_variance = self.posterior(hidden).contiguous_backward().chunk(2, dim=1)
        hidden = (mean + (0.5 * log_variance).exp() * Tensor.randn(*mean.shape)).contiguous()
        for layer in self.decoder:
            hidden = layer(hidden).relu()
        output = self.likelihood(hidden).contiguous().contiguous_backward()
        return negative_elbo(x, output, mean, log_variance, self.log_sigma)


class ConvolutionalVAE:
    """Convolutions of kernel 4, stride 2, padding 1 with ReLU, and their transposes, Bernoulli."""

    def __init__(self, work: Workload) -> None:
        sides, channels = work.sides, (work.channels, *work.filters)
        features = channels[-1] * sides[-1] ** 2
        self.image = (work.channels, work.side, work.side)
        self.features = (channels[-1], sides[-1], sides[-1])
        self.down = [nn.Conv2d(a, b, 4, 2, 1) for a, b in zip(channels, channels[1:])]
        self.posterior = nn.Linear(features, 2 * work.latent)
        self.dense = nn.Linear(work.latent, features)
        self.up = [
            nn.ConvTranspose2d(channels[i], channels[i - 1], 4, 2, 1, output_padding=(sides[i - 1] - 2) % 2)
            for i in range(len(work.filters), 0, -1)
        ]

    def __call__(self, x: Tensor) -> Tensor:
        """The same of images [batch, pixels]."""
        hidden = x.reshape(-1, *self.image)
        for layer in self.down:
            hidden = layer(hidden).relu().contiguous()
        posterior = self.posterior(hidden.flatten(1)).contiguous_backward()
        mean, log_variance = posterior.chunk(2, dim=1)
        z = (mean + (0.5 * log_variance).exp() * Tensor.randn(*mean.shape)).contiguous()
        hidden = self.dense(z).relu().reshape(-1, *self.features).contiguous()
        for layer in self.up[:-1]:
            hidden = layer(hidden).relu().contiguous()
        output = self.up[-1](hidden).flatten(1).contiguous().contiguous_backward()
        return negative_elbo(x, output, mean, log_variance, None)


def negative_elbo(x: Tensor, output: Tensor, mean: Tensor, log_variance: Tensor, log_sigma: Tensor | None) -> Tensor:
    """Nats per image, the mean over the batch: of a Bernoulli, or of a Gaussian with one log sigma."""
    batch, pixels = int(x.shape[0]), int(x.shape[1])
    kl = 0.5 * (log_variance.exp() + mean * mean - 1 - log_variance).sum()
    if log_sigma is None:
        loss = (output.relu() - output * x + ((-output.abs()).exp() + 1).log()).sum()
    else:
        constant = pixels * batch * (log_sigma + 0.5 * math.log(2 * math.pi)).sum()
        loss = 0.5 * (x - output).square().sum() * (-2 * log_sigma).exp().sum() + constant
    return (kl + loss) / batch


MODELS: dict[str, type] = {"dense": DenseVAE, "conv": ConvolutionalVAE}
