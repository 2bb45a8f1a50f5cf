// What takes the place of the KL in a loss -mean(log-likelihood) + beta penalty.

// KL(q(z_j|x) || p(z_j)) of each latent, averaged over the images. One row a latent.
ROW_KERNEL(mean_kl_per_latent, (IN(real, posterior), OUT(real, mean_kl), VALUE(uint, latents), VALUE(uint, rows))) {
  LOCATE(posterior) LOCATE(mean_kl)
  GROUP_SCRATCH(scratch);
  LANE_SUM(sum);
  FOR_LANES_SUM(i, rows) {
    const size_t at = (size_t)i * 2 * latents + (uint)ROW;
    LANE_ADD(sum, standard_normal_kl(posterior[at],
                                     real_clamp(posterior[at + latents], LOG_VARIANCE_LOW, LOG_VARIANCE_HIGH)));
  }
  const real total = GROUP_SUM(scratch, sum);
  if (LANE == 0) mean_kl[ROW] = total / (real)rows;
}

// Of each image the sum over latents of its KL, or of `free` where the mean over images does not exceed that (NaN does): the mean of the
// results is sum_j max(free, mean KL_j) (Kingma et al. 2016, eq. 15).
ROW_KERNEL(free_bits, (IN(real, posterior), IN(real, mean_kl), OUT(real, penalty), VALUE(uint, latents),
                       VALUE(real, free))) {
  LOCATE(posterior) LOCATE(mean_kl) LOCATE(penalty)
  GROUP_SCRATCH(scratch);
  const size_t offset = (size_t)ROW * 2 * latents;
  LANE_SUM(sum);
  FOR_LANES_SUM(j, latents) {
    const real log_variance = real_clamp(posterior[offset + latents + j], LOG_VARIANCE_LOW, LOG_VARIANCE_HIGH);
    LANE_ADD(sum, mean_kl[j] <= free ? free : standard_normal_kl(posterior[offset + j], log_variance));
  }
  const real total = GROUP_SUM(scratch, sum);
  if (LANE == 0) penalty[ROW] = total;
}

// dmu = dpenalty mu, dlv = dpenalty (s2 - 1) / 2 of latents above `free`.
ROW_KERNEL(free_bits_backward, (IN(real, posterior), IN(real, mean_kl), IN(real, dpenalty), OUT(real, dposterior),
                                VALUE(uint, latents), VALUE(real, free))) {
  LOCATE(posterior) LOCATE(mean_kl) LOCATE(dpenalty) LOCATE(dposterior)
  const size_t offset = (size_t)ROW * 2 * latents;
  const real upstream = dpenalty[ROW];
  FOR_LANES(j, latents) {
    const real unclamped = posterior[offset + latents + j];
    const real log_variance = real_clamp(unclamped, LOG_VARIANCE_LOW, LOG_VARIANCE_HIGH);
    const real weight = mean_kl[j] <= free ? REAL(0.0) : upstream;
    // `|` in place of `||`, which would be a branch around the exponential.
    const int outside = (unclamped < LOG_VARIANCE_LOW) | (unclamped > LOG_VARIANCE_HIGH);
    const real gradient = REAL(0.5) * weight * (real_exp(log_variance) - REAL(1.0));
    dposterior[offset + j] = weight * posterior[offset + j];
    dposterior[offset + latents + j] = outside ? REAL(0.0) : gradient;
  }
}

// |mean KL - C| with the capacity C of the step (Burgess et al. 2018, eq. 8). One work-group.
ROW_KERNEL(capacity_penalty, (IN(real, kl), IN(real, scalars), OUT(real, penalty), VALUE(uint, rows))) {
  LOCATE(kl) LOCATE(scalars) LOCATE(penalty)
  GROUP_SCRATCH(scratch);
  LANE_SUM(sum);
  FOR_LANES_SUM(i, rows) LANE_ADD(sum, kl[i]);
  const real difference = GROUP_SUM(scratch, sum) / (real)rows - scalars[SCALAR_CAPACITY];
  if (LANE == 0) penalty[0] = difference < REAL(0.0) ? -difference : difference;
}

ROW_KERNEL(capacity_penalty_backward, (IN(real, kl), IN(real, scalars), IN(real, dpenalty), OUT(real, dkl),
                                       VALUE(uint, rows))) {
  LOCATE(kl) LOCATE(scalars) LOCATE(dpenalty) LOCATE(dkl)
  GROUP_SCRATCH(scratch);
  LANE_SUM(sum);
  FOR_LANES_SUM(i, rows) LANE_ADD(sum, kl[i]);
  const real difference = GROUP_SUM(scratch, sum) / (real)rows - scalars[SCALAR_CAPACITY];
  const real gradient = (difference < REAL(0.0) ? -dpenalty[0] : dpenalty[0]) / (real)rows;
  FOR_LANES(i, rows) dkl[i] = gradient;
}

// { -mean(log-likelihood) + beta mean(penalty), mean log-likelihood, mean KL }. One work-group.
ROW_KERNEL(penalised_elbo, (IN(real, log_likelihood), IN(real, kl), IN(real, penalty), IN(real, scalars), OUT(real, out),
                            VALUE(uint, likelihoods), VALUE(uint, rows), VALUE(uint, penalties))) {
  LOCATE(log_likelihood) LOCATE(kl) LOCATE(penalty) LOCATE(scalars) LOCATE(out)
  GROUP_SCRATCH(scratch);
  LANE_SUM(first);
  LANE_SUM(second);
  LANE_SUM(third);
  FOR_LANES_SUM(i, likelihoods) LANE_ADD(first, log_likelihood[i]);
  FOR_LANES_SUM(i, rows) LANE_ADD(second, kl[i]);
  FOR_LANES_SUM(i, penalties) LANE_ADD(third, penalty[i]);
  const real likelihood = GROUP_SUM(scratch, first) / (real)likelihoods;
  const real divergence = GROUP_SUM(scratch, second) / (real)rows;
  const real weighed = scalars[SCALAR_BETA] * (GROUP_SUM(scratch, third) / (real)penalties);
  if (LANE == 0) {
    out[0] = weighed - likelihood;
    out[1] = likelihood;
    out[2] = divergence;
  }
}

KERNEL(penalty_of_elbo_backward, (IN(real, scalars), IN(real, upstream), OUT(real, dpenalty), VALUE(uint, count))) {
  LOCATE(scalars) LOCATE(upstream) LOCATE(dpenalty)
  FOR_ITEM(count) dpenalty[ITEM] = scalars[SCALAR_BETA] * upstream[0] / (real)count;
}
KERNEL(kl_of_penalised_elbo_backward, (IN(real, upstream), OUT(real, dkl), VALUE(uint, count))) {
  LOCATE(upstream) LOCATE(dkl)
  FOR_ITEM(count) dkl[ITEM] = upstream[2] / (real)count;
}
