// The diagonal Gaussian posterior q(z|x) = N(mu, diag s2). A row of `posterior` holds `latents` means, then
// `latents` log-variances. The noise is recomputed in the backward pass, never stored.

// z = mu + exp(lv / 2) eps and KL(q || N(0, I)) summed over the latents, in one pass (Kingma & Welling 2014).
// `element` is STORED or BIASED.
#define REPARAMETERISE(element)                                                                            \
  GROUP_SCRATCH(scratch);                                                                                  \
  const size_t row = ROW;                                                                                  \
  const uint sample = order[state[STATE_BATCH_START] + row];                                               \
  LANE_SUM(sum);                                                                                           \
  FOR_BLOCKS(first, width, latents) {                                                                      \
    real noise[BLOCK];                                                                                     \
    philox_normals(first, width, sample, state[STATE_STEP], purpose, state[STATE_SEED_LOW],                \
                   state[STATE_SEED_HIGH], noise);                                                         \
    FOR_BLOCK(l, width) {                                                                                  \
      const uint j = first + l;                                                                            \
      const size_t at = row * 2 * latents + j;                                                             \
      const real mean = element(posterior, at, j);                                                         \
      const real log_variance =                                                                            \
          real_clamp(element(posterior, at + latents, j + latents), LOG_VARIANCE_LOW, LOG_VARIANCE_HIGH);  \
      z[row * latents + j] = mean + real_exp(REAL(0.5) * log_variance) * noise[l];                         \
      BLOCK_ADD(sum, l, standard_normal_kl(mean, log_variance));                                           \
    }                                                                                                      \
  }                                                                                                        \
  const real total = GROUP_SUM(scratch, sum);                                                              \
  if (LANE == 0) kl[row] = total

ROW_KERNEL(reparameterise, (IN(real, posterior), IN(uint, order), IN(uint, state), OUT(real, z),
                            OUT(real, kl), VALUE(uint, latents), VALUE(uint, purpose))) {
  LOCATE(posterior) LOCATE(order) LOCATE(state) LOCATE(z) LOCATE(kl)
  REPARAMETERISE(STORED);
}
ROW_KERNEL(reparameterise_after_bias_identity,
           (INOUT(real, posterior), IN(real, bias), IN(uint, order), IN(uint, state), OUT(real, z), OUT(real, kl),
            VALUE(uint, latents), VALUE(uint, purpose))) {
  LOCATE(posterior) LOCATE(bias) LOCATE(order) LOCATE(state) LOCATE(z) LOCATE(kl)
  REPARAMETERISE(BIASED);
}

// Both gradients in one pass:
//   dmu = dz + dkl mu,   dlv = dz eps s / 2 + dkl (s2 - 1) / 2   (0 where lv is outside its range).
FUNCTION void posterior_gradient(GLOBAL_IN(real) posterior, GLOBAL_IN(uint) order, GLOBAL_IN(uint) state,
                                 GLOBAL_IN(real) dz, const real dkl, GLOBAL(real) dposterior, const uint latents,
                                 const uint purpose, const size_t row) {
  const uint sample = order[state[STATE_BATCH_START] + row];
  FOR_BLOCKS(first, width, latents) {
    real noise[BLOCK];
    philox_normals(first, width, sample, state[STATE_STEP], purpose, state[STATE_SEED_LOW], state[STATE_SEED_HIGH],
                   noise);
    FOR_BLOCK(l, width) {
      const uint j = first + l;
      const size_t at = row * 2 * latents + j;
      const real mean = posterior[at];
      const real unclamped = posterior[at + latents];
      const real log_variance = real_clamp(unclamped, LOG_VARIANCE_LOW, LOG_VARIANCE_HIGH);
      const real deviation = real_exp(REAL(0.5) * log_variance);
      const real gradient = REAL(0.5) * (dz[row * latents + j] * noise[l] * deviation +
                                         dkl * (deviation * deviation - REAL(1.0)));
      dposterior[at] = dz[row * latents + j] + dkl * mean;
      const int outside = unclamped < LOG_VARIANCE_LOW || unclamped > LOG_VARIANCE_HIGH;
      dposterior[at + latents] = outside ? REAL(0.0) : gradient;
    }
  }
}

ROW_KERNEL(reparameterise_backward,
           (IN(real, posterior), IN(uint, order), IN(uint, state), IN(real, dz), IN(real, dkl),
            OUT(real, dposterior), VALUE(uint, latents), VALUE(uint, purpose))) {
  LOCATE(posterior) LOCATE(order) LOCATE(state) LOCATE(dz) LOCATE(dkl) LOCATE(dposterior)
  posterior_gradient(posterior, order, state, dz, dkl[ROW], dposterior, latents, purpose, ROW);
}

// The same where the divergence is a part of the negative ELBO, which tells dkl.
ROW_KERNEL(reparameterise_of_elbo_backward,
           (IN(real, posterior), IN(uint, order), IN(uint, state), IN(real, dz), IN(real, scalars),
            IN(real, upstream), OUT(real, dposterior), VALUE(uint, latents), VALUE(uint, purpose),
            VALUE(uint, rows))) {
  LOCATE(posterior) LOCATE(order) LOCATE(state) LOCATE(dz) LOCATE(scalars) LOCATE(upstream) LOCATE(dposterior)
  const real dkl = kl_derivative(scalars, upstream, rows);
  posterior_gradient(posterior, order, state, dz, dkl, dposterior, latents, purpose, ROW);
}

// The log-variances of rows of a posterior cut off at both ends.
ROW_KERNEL(bound_log_variance,
           (IN(real, x), OUT(real, y), VALUE(uint, latents), VALUE(real, low), VALUE(real, high))) {
  LOCATE(x) LOCATE(y)
  const size_t offset = (size_t)ROW * 2 * latents;
  FOR_LANES(j, 2 * latents) y[offset + j] = j < latents ? x[offset + j] : real_clamp(x[offset + j], low, high);
}

// The gradient passes where nothing was cut off, the ends counted in.
ROW_KERNEL(bound_log_variance_backward,
           (IN(real, x), IN(real, dy), OUT(real, dx), VALUE(uint, latents), VALUE(real, low), VALUE(real, high))) {
  LOCATE(x) LOCATE(dy) LOCATE(dx)
  const size_t offset = (size_t)ROW * 2 * latents;
  FOR_LANES(j, 2 * latents) {
    const real value = x[offset + j], gradient = dy[offset + j];
    const int passes = (j < latents) | ((value >= low) & (value <= high));
    dx[offset + j] = passes ? gradient : REAL(0.0);
  }
}

// The means of rows of a posterior.
ROW_KERNEL(posterior_mean, (IN(real, posterior), OUT(real, mean), VALUE(uint, latents))) {
  LOCATE(posterior) LOCATE(mean)
  const size_t row = ROW;
  FOR_LANES(j, latents) mean[row * latents + j] = posterior[row * 2 * latents + j];
}

ROW_KERNEL(posterior_mean_backward, (IN(real, dmean), OUT(real, dposterior), VALUE(uint, latents))) {
  LOCATE(dmean) LOCATE(dposterior)
  const size_t row = ROW;
  FOR_LANES(j, 2 * latents)
  dposterior[row * 2 * latents + j] = j < latents ? dmean[row * latents + j] : REAL(0.0);
}

// ln q(z|x_n) + M/2 ln 2 pi = c_n - 1/2 sum_j ((z_j - mu_nj) / s_nj)^2 of every z and image n, c_n = -sum_j ln s_nj: y [draws, images].
// Means and 1 / s come in blocks of 64 images, [blocks, latents, 64], the last one filled up. A row is a block with up to 8 of the z, so
// that a mean is read once for 8 z; rows of one block follow each other. Squares of differences keep their digits where posteriors are
// narrow; products of z^2 do not.
#define DENSITY_DRAWS 8
#define DENSITY_IMAGES 64
ROW_KERNEL(gaussian_log_densities,
           (IN(real, z), IN(real, means), IN(real, inverse_deviations), IN(real, log_scales), OUT(real, y),
            VALUE(uint, draws), VALUE(uint, latents), VALUE(uint, images))) {
  LOCATE(z) LOCATE(means) LOCATE(inverse_deviations) LOCATE(log_scales) LOCATE(y)
  const uint parts = (draws + DENSITY_DRAWS - 1) / DENSITY_DRAWS;
  const uint block = (uint)ROW / parts, draw = ((uint)ROW - block * parts) * DENSITY_DRAWS;
  const uint before = block * DENSITY_IMAGES;
  const uint count = images - before < DENSITY_IMAGES ? images - before : DENSITY_IMAGES;
  FOR_BLOCKS(first, width, count) {
    real sum[DENSITY_DRAWS * BLOCK];
    FOR_BLOCK(l, DENSITY_DRAWS * BLOCK) sum[l] = REAL(0.0);
    for (uint j = 0; j < latents; j++) {
      const size_t at = ((size_t)block * latents + j) * DENSITY_IMAGES + first;
      UNROLL(DENSITY_DRAWS) for (uint r = 0; r < DENSITY_DRAWS; r++) {
        const uint row = draw + r < draws ? draw + r : draws - 1;
        const real latent = z[(size_t)row * latents + j];
        FOR_BLOCK(l, BLOCK) {
          const real deviation = (latent - means[at + l]) * inverse_deviations[at + l];
          sum[r * BLOCK + l] = MULTIPLY_ADD(deviation, deviation, sum[r * BLOCK + l]);
        }
      }
    }
    for (uint r = 0; r < DENSITY_DRAWS && draw + r < draws; r++) {
      GLOBAL(real) to = y + (size_t)(draw + r) * images + before + first;
      FOR_BLOCK(l, width) to[l] = MULTIPLY_ADD(REAL(-0.5), sum[r * BLOCK + l], log_scales[before + first + l]);
    }
  }
}
