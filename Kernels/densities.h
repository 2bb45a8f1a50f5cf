// Log-densities and divergences per element, in nats, with their derivatives.

// The log-variance is held to this range where it enters an exponential; outside, its gradient is 0.
#define LOG_VARIANCE_LOW REAL(-30.0)
#define LOG_VARIANCE_HIGH REAL(20.0)

// ln p(x | logit a) = x a - ln(1 + e^a), the Bernoulli log-likelihood in its stable form.
FUNCTION real bernoulli_log_density(const real logit, const real x) {
  return x * logit - real_softplus(logit);
}
// d/da = x - sigmoid(a).
FUNCTION real bernoulli_log_density_derivative(const real logit, const real x) {
  return x - real_sigmoid(logit);
}

// KL(N(mu, s2) || N(0, 1)) = 1/2 (s2 + mu^2 - 1 - ln s2) of one latent.
FUNCTION real standard_normal_kl(const real mean, const real log_variance) {
  return REAL(0.5) * (real_exp(log_variance) + mean * mean - REAL(1.0) - log_variance);
}
