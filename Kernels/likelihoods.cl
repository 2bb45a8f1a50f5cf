// Log-likelihoods summed over the columns (pixels) of each row, in nats, and their gradients.

ROW_KERNEL(bernoulli_log_likelihood,
           (IN(real, logits), IN(real, x), OUT(real, log_likelihood), VALUE(uint, columns))) {
  GROUP_SCRATCH(scratch);
  const size_t offset = (size_t)ROW * columns;
  LANE_SUM(sum);
  FOR_LANES_SUM(j, columns) LANE_ADD(sum, bernoulli_log_density(logits[offset + j], x[offset + j]));
  const real total = GROUP_SUM(scratch, sum);
  if (LANE == 0) log_likelihood[ROW] = total;
}

ROW_KERNEL(bernoulli_log_likelihood_backward,
           (IN(real, logits), IN(real, x), IN(real, upstream), OUT(real, dlogits), VALUE(uint, columns))) {
  const size_t offset = (size_t)ROW * columns;
  const real scale = upstream[ROW];
  FOR_LANES(j, columns)
  dlogits[offset + j] = scale * bernoulli_log_density_derivative(logits[offset + j], x[offset + j]);
}

// ln N(x; mean, sigma^2 I) = -1/2 (D ln 2 pi + |x - mean|^2 / sigma^2) - D ln sigma. log_sigma is one value in
// a buffer: a learned parameter, or a constant when sigma is fixed.
ROW_KERNEL(gaussian_log_likelihood, (IN(real, mean), IN(real, x), IN(real, log_sigma),
                                     OUT(real, log_likelihood), VALUE(uint, columns))) {
  GROUP_SCRATCH(scratch);
  const size_t offset = (size_t)ROW * columns;
  LANE_SUM(squares);
  FOR_LANES_SUM(j, columns) {
    const real difference = x[offset + j] - mean[offset + j];
    LANE_ADD(squares, difference * difference);
  }
  const real distance = GROUP_SUM(scratch, squares);
  if (LANE == 0)
    log_likelihood[ROW] = REAL(-0.5) * distance * real_exp(REAL(-2.0) * log_sigma[0]) -
                          (real)columns * (REAL(0.5) * LN_2_PI + log_sigma[0]);
}

// d/dmean = (x - mean) / sigma^2.
ROW_KERNEL(gaussian_log_likelihood_backward_mean,
           (IN(real, mean), IN(real, x), IN(real, log_sigma), IN(real, upstream), OUT(real, dmean),
            VALUE(uint, columns))) {
  const size_t offset = (size_t)ROW * columns;
  const real scale = upstream[ROW] * real_exp(REAL(-2.0) * log_sigma[0]);
  FOR_LANES(j, columns) dmean[offset + j] = scale * (x[offset + j] - mean[offset + j]);
}

// d/dln sigma = |x - mean|^2 / sigma^2 - D, one value per row; the caller sums the rows.
ROW_KERNEL(gaussian_log_likelihood_backward_log_sigma,
           (IN(real, mean), IN(real, x), IN(real, log_sigma), IN(real, upstream), OUT(real, rows),
            VALUE(uint, columns))) {
  GROUP_SCRATCH(scratch);
  const size_t offset = (size_t)ROW * columns;
  LANE_SUM(squares);
  FOR_LANES_SUM(j, columns) {
    const real difference = x[offset + j] - mean[offset + j];
    LANE_ADD(squares, difference * difference);
  }
  const real distance = GROUP_SUM(scratch, squares);
  if (LANE == 0)
    rows[ROW] = upstream[ROW] * (distance * real_exp(REAL(-2.0) * log_sigma[0]) - (real)columns);
}
