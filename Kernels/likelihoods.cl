// Log-likelihoods summed over the columns (pixels) of each row, in nats, and their gradients.

// `element` is STORED or BIASED (epilogues.h), here and below.
#define BERNOULLI_LOG_LIKELIHOOD(element)                                           \
  GROUP_SCRATCH(scratch);                                                           \
  const size_t offset = (size_t)ROW * columns;                                      \
  LANE_SUM(sum);                                                                    \
  FOR_LANES_SUM(j, columns) {                                                       \
    const real logit = element(logits, offset + j, j);                              \
    LANE_ADD(sum, bernoulli_log_density(logit, x[offset + j]));                     \
  }                                                                                 \
  const real total = GROUP_SUM(scratch, sum);                                       \
  if (LANE == 0) log_likelihood[ROW] = total

ROW_KERNEL(bernoulli_log_likelihood,
           (IN(real, logits), IN(real, x), OUT(real, log_likelihood), VALUE(uint, columns))) {
  BERNOULLI_LOG_LIKELIHOOD(STORED);
}
ROW_KERNEL(bernoulli_log_likelihood_after_bias_identity,
           (INOUT(real, logits), IN(real, bias), IN(real, x), OUT(real, log_likelihood), VALUE(uint, columns))) {
  BERNOULLI_LOG_LIKELIHOOD(BIASED);
}

ROW_KERNEL(bernoulli_log_likelihood_backward,
           (IN(real, logits), IN(real, x), IN(real, upstream), OUT(real, dlogits), VALUE(uint, columns))) {
  const size_t offset = (size_t)ROW * columns;
  const real scale = upstream[ROW];
  FOR_LANES(j, columns)
  dlogits[offset + j] = scale * bernoulli_log_density_derivative(logits[offset + j], x[offset + j]);
}

// Both in one pass.
#define BERNOULLI_LOG_LIKELIHOOD_WITH_GRADIENT(element)                             \
  GROUP_SCRATCH(scratch);                                                           \
  const size_t offset = (size_t)ROW * columns;                                      \
  const real scale = upstream[ROW];                                                 \
  LANE_SUM(sum);                                                                    \
  FOR_LANES_SUM(j, columns) {                                                       \
    const real logit = element(logits, offset + j, j), pixel = x[offset + j];       \
    LANE_ADD(sum, bernoulli_log_density(logit, pixel));                             \
    dlogits[offset + j] = scale * bernoulli_log_density_derivative(logit, pixel);   \
  }                                                                                 \
  const real total = GROUP_SUM(scratch, sum);                                       \
  if (LANE == 0) log_likelihood[ROW] = total

ROW_KERNEL(bernoulli_log_likelihood_with_gradient,
           (IN(real, logits), IN(real, x), IN(real, upstream), OUT(real, dlogits), OUT(real, log_likelihood),
            VALUE(uint, columns))) {
  BERNOULLI_LOG_LIKELIHOOD_WITH_GRADIENT(STORED);
}
ROW_KERNEL(bernoulli_log_likelihood_with_gradient_after_bias_identity,
           (INOUT(real, logits), IN(real, bias), IN(real, x), IN(real, upstream), OUT(real, dlogits),
            OUT(real, log_likelihood), VALUE(uint, columns))) {
  BERNOULLI_LOG_LIKELIHOOD_WITH_GRADIENT(BIASED);
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
#define SQUARED_DISTANCE(distance, element, use)                                    \
  GROUP_SCRATCH(scratch);                                                           \
  const size_t offset = (size_t)ROW * columns;                                      \
  LANE_SUM(squares);                                                                \
  FOR_LANES_SUM(j, columns) {                                                       \
    const real difference = x[offset + j] - element(mean, offset + j, j);           \
    LANE_ADD(squares, difference * difference);                                     \
    use;                                                                            \
  }                                                                                 \
  const real distance = GROUP_SUM(scratch, squares)

#define GAUSSIAN_LOG_LIKELIHOOD(element)                                            \
  SQUARED_DISTANCE(distance, element, (void)difference);                            \
  if (LANE == 0) log_likelihood[ROW] = gaussian_log_density(distance, log_sigma[0], columns)

ROW_KERNEL(gaussian_log_likelihood, (IN(real, mean), IN(real, x), IN(real, log_sigma),
                                     OUT(real, log_likelihood), VALUE(uint, columns))) {
  GAUSSIAN_LOG_LIKELIHOOD(STORED);
}
ROW_KERNEL(gaussian_log_likelihood_after_bias_identity,
           (INOUT(real, mean), IN(real, bias), IN(real, x), IN(real, log_sigma), OUT(real, log_likelihood),
            VALUE(uint, columns))) {
  GAUSSIAN_LOG_LIKELIHOOD(BIASED);
}

// d/dmean = (x - mean) / sigma^2, and d/dln sigma, one value per row; the caller sums the rows.
#define GAUSSIAN_GRADIENTS(element)                                                 \
  const real scale = upstream[ROW] * real_exp(REAL(-2.0) * log_sigma[0]);           \
  SQUARED_DISTANCE(distance, element, dmean[offset + j] = scale * difference);      \
  if (LANE == 0) dlog_sigma[ROW] = upstream[ROW] * gaussian_log_density_derivative(distance, log_sigma[0], columns)

ROW_KERNEL(gaussian_log_likelihood_backward,
           (IN(real, mean), IN(real, x), IN(real, log_sigma), IN(real, upstream), OUT(real, dmean),
            OUT(real, dlog_sigma), VALUE(uint, columns))) {
  GAUSSIAN_GRADIENTS(STORED);
}

// Both in one pass.
ROW_KERNEL(gaussian_log_likelihood_with_gradient,
           (IN(real, mean), IN(real, x), IN(real, log_sigma), IN(real, upstream), OUT(real, dmean),
            OUT(real, dlog_sigma), OUT(real, log_likelihood), VALUE(uint, columns))) {
  GAUSSIAN_GRADIENTS(STORED);
  if (LANE == 0) log_likelihood[ROW] = gaussian_log_density(distance, log_sigma[0], columns);
}
ROW_KERNEL(gaussian_log_likelihood_with_gradient_after_bias_identity,
           (INOUT(real, mean), IN(real, bias), IN(real, x), IN(real, log_sigma), IN(real, upstream),
            OUT(real, dmean), OUT(real, dlog_sigma), OUT(real, log_likelihood), VALUE(uint, columns))) {
  GAUSSIAN_GRADIENTS(BIASED);
  if (LANE == 0) log_likelihood[ROW] = gaussian_log_density(distance, log_sigma[0], columns);
}
