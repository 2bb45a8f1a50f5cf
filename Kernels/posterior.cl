// The diagonal Gaussian posterior q(z|x) = N(mu, diag s2). A row of `posterior` holds `latents` means, then
// `latents` log-variances. The noise is recomputed in the backward pass, never stored.

// z = mu + exp(lv / 2) eps and KL(q || N(0, I)) summed over the latents, in one pass (Kingma & Welling 2014).
// `element` is STORED or BIASED.
#define REPARAMETERISE(element)                                                                            \
  GROUP_SCRATCH(scratch);                                                                                  \
  const size_t row = ROW;                                                                                  \
  const uint sample = order[state[STATE_BATCH_START] + row];                                               \
  LANE_SUM(sum);                                                                                           \
  FOR_LANES_SUM(j, latents) {                                                                              \
    const size_t at = row * 2 * latents + j;                                                               \
    const real mean = element(posterior, at, j);                                                           \
    const real log_variance =                                                                              \
        real_clamp(element(posterior, at + latents, j + latents), LOG_VARIANCE_LOW, LOG_VARIANCE_HIGH);    \
    const real noise = philox_normal_element(j, sample, state[STATE_STEP], purpose, state[STATE_SEED_LOW], \
                                             state[STATE_SEED_HIGH]);                                      \
    z[row * latents + j] = mean + real_exp(REAL(0.5) * log_variance) * noise;                              \
    LANE_ADD(sum, standard_normal_kl(mean, log_variance));                                                 \
  }                                                                                                        \
  const real total = GROUP_SUM(scratch, sum);                                                              \
  if (LANE == 0) kl[row] = total

ROW_KERNEL(reparameterise, (IN(real, posterior), IN(uint, order), IN(uint, state), OUT(real, z),
                            OUT(real, kl), VALUE(uint, latents), VALUE(uint, purpose))) {
  REPARAMETERISE(STORED);
}
ROW_KERNEL(reparameterise_after_bias_identity,
           (INOUT(real, posterior), IN(real, bias), IN(uint, order), IN(uint, state), OUT(real, z), OUT(real, kl),
            VALUE(uint, latents), VALUE(uint, purpose))) {
  REPARAMETERISE(BIASED);
}

// Both gradients in one pass:
//   dmu = dz + dkl mu,   dlv = dz eps s / 2 + dkl (s2 - 1) / 2   (0 where lv is outside its range).
FUNCTION void posterior_gradient(GLOBAL_IN(real) posterior, GLOBAL_IN(uint) order, GLOBAL_IN(uint) state,
                                 GLOBAL_IN(real) dz, const real dkl, GLOBAL(real) dposterior, const uint latents,
                                 const uint purpose, const size_t row) {
  const uint sample = order[state[STATE_BATCH_START] + row];
  FOR_LANES(j, latents) {
    const size_t at = row * 2 * latents + j;
    const real mean = posterior[at];
    const real unclamped = posterior[at + latents];
    const real log_variance = real_clamp(unclamped, LOG_VARIANCE_LOW, LOG_VARIANCE_HIGH);
    const real noise = philox_normal_element(j, sample, state[STATE_STEP], purpose,
                                             state[STATE_SEED_LOW], state[STATE_SEED_HIGH]);
    const real deviation = real_exp(REAL(0.5) * log_variance);
    const real gradient = REAL(0.5) * (dz[row * latents + j] * noise * deviation +
                                       dkl * (deviation * deviation - REAL(1.0)));
    dposterior[at] = dz[row * latents + j] + dkl * mean;
    const int outside = unclamped < LOG_VARIANCE_LOW || unclamped > LOG_VARIANCE_HIGH;
    dposterior[at + latents] = outside ? REAL(0.0) : gradient;
  }
}

ROW_KERNEL(reparameterise_backward,
           (IN(real, posterior), IN(uint, order), IN(uint, state), IN(real, dz), IN(real, dkl),
            OUT(real, dposterior), VALUE(uint, latents), VALUE(uint, purpose))) {
  posterior_gradient(posterior, order, state, dz, dkl[ROW], dposterior, latents, purpose, ROW);
}

// The same where the divergence is a part of the negative ELBO, which tells dkl.
ROW_KERNEL(reparameterise_of_elbo_backward,
           (IN(real, posterior), IN(uint, order), IN(uint, state), IN(real, dz), IN(real, scalars),
            IN(real, upstream), OUT(real, dposterior), VALUE(uint, latents), VALUE(uint, purpose),
            VALUE(uint, rows))) {
  const real dkl = kl_derivative(scalars, upstream, rows);
  posterior_gradient(posterior, order, state, dz, dkl, dposterior, latents, purpose, ROW);
}

// The log-variances of rows of a posterior cut off at both ends.
ROW_KERNEL(bound_log_variance,
           (IN(real, x), OUT(real, y), VALUE(uint, latents), VALUE(real, low), VALUE(real, high))) {
  const size_t offset = (size_t)ROW * 2 * latents;
  FOR_LANES(j, 2 * latents) y[offset + j] = j < latents ? x[offset + j] : real_clamp(x[offset + j], low, high);
}

// The gradient passes where nothing was cut off, the ends counted in.
ROW_KERNEL(bound_log_variance_backward,
           (IN(real, x), IN(real, dy), OUT(real, dx), VALUE(uint, latents), VALUE(real, low), VALUE(real, high))) {
  const size_t offset = (size_t)ROW * 2 * latents;
  FOR_LANES(j, 2 * latents) {
    const real value = x[offset + j];
    dx[offset + j] = j < latents || (value >= low && value <= high) ? dy[offset + j] : REAL(0.0);
  }
}

// The means of rows of a posterior.
ROW_KERNEL(posterior_mean, (IN(real, posterior), OUT(real, mean), VALUE(uint, latents))) {
  const size_t row = ROW;
  FOR_LANES(j, latents) mean[row * latents + j] = posterior[row * 2 * latents + j];
}

ROW_KERNEL(posterior_mean_backward, (IN(real, dmean), OUT(real, dposterior), VALUE(uint, latents))) {
  const size_t row = ROW;
  FOR_LANES(j, 2 * latents)
  dposterior[row * 2 * latents + j] = j < latents ? dmean[row * latents + j] : REAL(0.0);
}

// ln q(z|x_n) + M/2 ln 2 pi of each image n = c_n - 1/2 sum_j ((z_j - mu_nj) / s_nj)^2, c_n = -sum_j ln s_nj. Means and 1 / s lie latent by
// latent, [latents, images]. One row a z. Squares of differences keep their digits where posteriors are narrow; products of z^2 do not.
ROW_KERNEL(gaussian_log_densities,
           (IN(real, z), IN(real, means), IN(real, inverse_deviations), IN(real, log_scales), OUT(real, y),
            VALUE(uint, latents), VALUE(uint, images))) {
  FOR_BLOCKS(first, width, images) {
    real sum[BLOCK];
    FOR_BLOCK(l, width) sum[l] = REAL(0.0);
    for (uint j = 0; j < latents; j++) {
      const real latent = z[(size_t)ROW * latents + j];
      GLOBAL_IN(real) mean = means + (size_t)j * images + first;
      GLOBAL_IN(real) inverse = inverse_deviations + (size_t)j * images + first;
      FOR_BLOCK(l, width) {
        const real deviation = (latent - mean[l]) * inverse[l];
        sum[l] = MULTIPLY_ADD(deviation, deviation, sum[l]);
      }
    }
    GLOBAL(real) to = y + (size_t)ROW * images + first;
    FOR_BLOCK(l, width) to[l] = MULTIPLY_ADD(REAL(-0.5), sum[l], log_scales[first + l]);
  }
}
