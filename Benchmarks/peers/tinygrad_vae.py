"""The models of the workloads in tinygrad."""

from __future__ import annotations

import math

from tinygrad import Tensor, nn

from workloads import PIXELS, Workload


class DenseVAE:
    """A VAE of dense layers with a diagonal Gaussian posterior; the decoder has the encoder's widths in reverse."""

    def __init__(self, work: Workload) -> None:
        encoder = (PIXELS, *work.hidden)
        decoder = (work.latent, *work.hidden[::-1])
        self.encoder = [nn.Linear(a, b) for a, b in zip(encoder, encoder[1:])]
        self.posterior = nn.Linear(encoder[-1], 2 * work.latent)
        self.decoder = [nn.Linear(a, b) for a, b in zip(decoder, decoder[1:])]
        self.likelihood = nn.Linear(decoder[-1], PIXELS)
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
        kl = 0.5 * (log_variance.exp() + mean * mean - 1 - log_variance).sum()
        if self.log_sigma is None:
            loss = (output.relu() - output * x + ((-output.abs()).exp() + 1).log()).sum()
        else:
            constant = PIXELS * batch * (self.log_sigma + 0.5 * math.log(2 * math.pi)).sum()
            loss = 0.5 * (x - output).square().sum() * (-2 * self.log_sigma).exp().sum() + constant
        return (kl + loss) / batch


MODELS: dict[str, type] = {"dense": DenseVAE}
