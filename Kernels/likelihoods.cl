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

// Both in one pass.
ROW_KERNEL(bernoulli_log_likelihood_with_gradient,
           (IN(real, logits), IN(real, x), IN(real, upstream), OUT(real, dlogits), OUT(real, log_likelihood),
            VALUE(uint, columns))) {
  GROUP_SCRATCH(scratch);
  const size_t offset = (size_t)ROW * columns;
  const real scale = upstream[ROW];
  LANE_SUM(sum);
  FOR_LANES_SUM(j, columns) {
    const real logit = logits[offset + j], pixel = x[offset + j];
    LANE_ADD(sum, bernoulli_log_density(logit, pixel));
    dlogits[offset + j] = scale * bernoulli_log_density_derivative(logit, pixel);
  }
  const real total = GROUP_SUM(scratch, sum);
  if (LANE == 0) log_likelihood[ROW] = total;
}

// ln N(x; mean, sigma^2 I) = -1/2 (D ln 2 pi + |x - mean|^2 / sigma^2) - D ln sigma. log_sigma is one value in
// a buffer: a learned parameter, or a constant when sigma is fixed.
FUNCTION real gaussian_log_density(const real distance, const real log_sigma, const uint columns) {
  return REAL(-0.5) * distance * real_exp(REAL(-2.0) * log_sigma) -
         (real)columns * (REAL(0.5) * LN_2_PI + log_sigma);
}
// d/dln sigma = |x - mean|^2 / sigma^2 - D.
FUNCTION real gaussian_log_density_derivative(const real distance, const real log_sigma, const uint columns) {
  return distance * real_exp(REAL(-2.0) * log_sigma) - (real)columns;
}

// |x - mean|^2 of a row; `use` is done with the `difference` at each column j.
#define SQUARED_DISTANCE(distance, use)                           \
  GROUP_SCRATCH(scratch);                                         \
  const size_t offset = (size_t)ROW * columns;                    \
  LANE_SUM(squares);                                              \
  FOR_LANES_SUM(j, columns) {                                     \
    const real difference = x[offset + j] - mean[offset + j];     \
    LANE_ADD(squares, difference * difference);                   \
    use;                                                          \
  }                                                               \
  const real distance = GROUP_SUM(scratch, squares)

ROW_KERNEL(gaussian_log_likelihood, (IN(real, mean), IN(real, x), IN(real, log_sigma),
                                     OUT(real, log_likelihood), VALUE(uint, columns))) {
  SQUARED_DISTANCE(distance, (void)difference);
  if (LANE == 0) log_likelihood[ROW] = gaussian_log_density(distance, log_sigma[0], columns);
}

// d/dmean = (x - mean) / sigma^2, and d/dln sigma, one value per row; the caller sums the rows.
ROW_KERNEL(gaussian_log_likelihood_backward,
           (IN(real, mean), IN(real, x), IN(real, log_sigma), IN(real, upstream), OUT(real, dmean),
            OUT(real, dlog_sigma), VALUE(uint, columns))) {
  const real scale = upstream[ROW] * real_exp(REAL(-2.0) * log_sigma[0]);
  SQUARED_DISTANCE(distance, dmean[offset + j] = scale * difference);
  if (LANE == 0) dlog_sigma[ROW] = upstream[ROW] * gaussian_log_density_derivative(distance, log_sigma[0], columns);
}

// Both in one pass.
ROW_KERNEL(gaussian_log_likelihood_with_gradient,
           (IN(real, mean), IN(real, x), IN(real, log_sigma), IN(real, upstream), OUT(real, dmean),
            OUT(real, dlog_sigma), OUT(real, log_likelihood), VALUE(uint, columns))) {
  const real scale = upstream[ROW] * real_exp(REAL(-2.0) * log_sigma[0]);
  SQUARED_DISTANCE(distance, dmean[offset + j] = scale * difference);
  if (LANE == 0) {
    dlog_sigma[ROW] = upstream[ROW] * gaussian_log_density_derivative(distance, log_sigma[0], columns);
    log_likelihood[ROW] = gaussian_log_density(distance, log_sigma[0], columns);
  }
}
