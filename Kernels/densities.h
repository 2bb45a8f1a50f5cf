// Divergences per element, in nats.

// The log-variance is held to this range where it enters an exponential; outside, its gradient is 0.
#define LOG_VARIANCE_LOW REAL(-30.0)
#define LOG_VARIANCE_HIGH REAL(20.0)

// KL(N(mu, s2) || N(0, 1)) = 1/2 (s2 + mu^2 - 1 - ln s2) of one latent.
FUNCTION real standard_normal_kl(const real mean, const real log_variance) {
  return REAL(0.5) * (real_exp(log_variance) + mean * mean - REAL(1.0) - log_variance);
}
