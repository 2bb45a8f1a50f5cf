// Several draws of z for each image, and what becomes of their importance weights. Rows i S ... i S + S - 1 are the S draws of
// image i of a batch.

// The noise of latent j of draw s of an image: in evaluation (`draws_are_steps`) every draw is a step of its own, so that it
// does not depend on how many are drawn together; in training the draws of a step have elements one behind the other.
FUNCTION real draw_noise(const uint j, const uint s, const uint latents, const uint sample, GLOBAL_IN(uint) state,
                         const uint purpose, const uint draws_are_steps) {
  return philox_normal_element(draws_are_steps ? j : s * latents + j, sample,
                               draws_are_steps ? state[STATE_STEP] + s : state[STATE_STEP], purpose,
                               state[STATE_SEED_LOW], state[STATE_SEED_HIGH]);
}

// z = mu + exp(lv / 2) eps, and ln p(z) - ln q(z|x) = 1/2 sum (lv + eps^2 - z^2), summed over the latents.
ROW_KERNEL(posterior_draws,
           (IN(real, posterior), IN(uint, order), IN(uint, state), OUT(real, z), OUT(real, log_ratio),
            VALUE(uint, latents), VALUE(uint, purpose), VALUE(uint, samples), VALUE(uint, draws_are_steps))) {
  LOCATE(posterior) LOCATE(order) LOCATE(state) LOCATE(z) LOCATE(log_ratio)
  GROUP_SCRATCH(scratch);
  const uint image = (uint)ROW / samples, s = (uint)ROW - image * samples;
  const uint sample = order[state[STATE_BATCH_START] + image];
  LANE_SUM(sum);
  FOR_LANES_SUM(j, latents) {
    const size_t at = (size_t)image * 2 * latents + j;
    const real log_variance = real_clamp(posterior[at + latents], LOG_VARIANCE_LOW, LOG_VARIANCE_HIGH);
    const real noise = draw_noise(j, s, latents, sample, state, purpose, draws_are_steps);
    const real latent = posterior[at] + real_exp(REAL(0.5) * log_variance) * noise;
    z[(size_t)ROW * latents + j] = latent;
    LANE_ADD(sum, log_variance + noise * noise - latent * latent);
  }
  const real total = GROUP_SUM(scratch, sum);
  if (LANE == 0) log_ratio[ROW] = REAL(0.5) * total;
}

// With g = dz - dlog_ratio z: dmu = sum_s g, dlv = sum_s (g eps exp(lv / 2) + dlog_ratio) / 2 (0 where lv is outside its range).
// One row an image. Doubly reparameterised, with the normalised weight v = -dlog_ratio groups of a draw in a loss of `groups`
// bounds: g = v (dz + dlog_ratio (eps exp(-lv / 2) - z)), and no other part of dlv (Tucker et al. 2019, eq. 8).
ROW_KERNEL(posterior_draws_backward,
           (IN(real, posterior), IN(uint, order), IN(uint, state), IN(real, dz), IN(real, dlog_ratio),
            OUT(real, dposterior), VALUE(uint, latents), VALUE(uint, purpose), VALUE(uint, samples),
            VALUE(uint, draws_are_steps), VALUE(uint, groups))) {
  LOCATE(posterior) LOCATE(order) LOCATE(state) LOCATE(dz) LOCATE(dlog_ratio) LOCATE(dposterior)
  const uint sample = order[state[STATE_BATCH_START] + (uint)ROW];
  FOR_LANES(j, latents) {
    const size_t at = (size_t)ROW * 2 * latents + j;
    const real unclamped = posterior[at + latents];
    const real log_variance = real_clamp(unclamped, LOG_VARIANCE_LOW, LOG_VARIANCE_HIGH);
    const real deviation = real_exp(REAL(0.5) * log_variance);
    real dmean = REAL(0.0), dlog_variance = REAL(0.0);
    for (uint s = 0; s < samples; s++) {
      const size_t row = (size_t)ROW * samples + s;
      const real noise = draw_noise(j, s, latents, sample, state, purpose, draws_are_steps);
      const real latent = posterior[at] + deviation * noise;
      const real standard = dz[row * latents + j] - dlog_ratio[row] * latent;
      const real weight = -dlog_ratio[row] * (real)groups;
      const real g = groups ? weight * (standard + dlog_ratio[row] * noise / deviation) : standard;
      dmean += g;
      dlog_variance += REAL(0.5) * (g * noise * deviation + (groups ? REAL(0.0) : dlog_ratio[row]));
    }
    dposterior[at] = dmean;
    const int outside = unclamped < LOG_VARIANCE_LOW || unclamped > LOG_VARIANCE_HIGH;
    dposterior[at + latents] = outside ? REAL(0.0) : dlog_variance;
  }
}

// Sums over the draws of an image, taken on draw by draw: from draw state[STATE_STEP] on, which 0 begins anew.
//   { l_0, sum (l - l_0), sum (l - l_0)^2, max ln w, sum w / max w, sum (w / max w)^2 }
// with the log-likelihood l and ln w = l + ln p(z) - ln q(z|x) of each draw (streaming log-sum-exp). The last two leave out the largest
// weight: what the others weigh beside it is not rounded away.
#define IMPORTANCE_SUMS 6
KERNEL(accumulate_importance,
       (IN(real, log_likelihood), IN(real, log_ratio), IN(uint, state), INOUT(real, sums), VALUE(uint, samples),
        VALUE(uint, count))) {
  LOCATE(log_likelihood) LOCATE(log_ratio) LOCATE(state) LOCATE(sums)
  FOR_ITEM(count) {
    GLOBAL(real) image = sums + (size_t)(state[STATE_BATCH_START] + (uint)ITEM) * IMPORTANCE_SUMS;
    const int begins = state[STATE_STEP] == 0;
    const size_t row = (size_t)ITEM * samples;
    const real first = begins ? log_likelihood[row] : image[0];
    real sum = begins ? REAL(0.0) : image[1], squares = begins ? REAL(0.0) : image[2];
    real top = begins ? log_likelihood[row] + log_ratio[row] : image[3];
    real others = begins ? REAL(0.0) : image[4], squared_others = begins ? REAL(0.0) : image[5];
    for (uint s = 0; s < samples; s++) {
      const real difference = log_likelihood[row + s] - first;
      const real log_weight = log_likelihood[row + s] + log_ratio[row + s];
      const int is_higher = log_weight > top;
      const real ratio = begins && s == 0 ? REAL(0.0) : real_exp(is_higher ? top - log_weight : log_weight - top);
      sum += difference;
      squares += difference * difference;
      others = is_higher ? (others + REAL(1.0)) * ratio : others + ratio;
      squared_others = is_higher ? (squared_others + REAL(1.0)) * ratio * ratio : squared_others + ratio * ratio;
      top = is_higher ? log_weight : top;
    }
    image[0] = first;
    image[1] = sum;
    image[2] = squares;
    image[3] = top;
    image[4] = others;
    image[5] = squared_others;
  }
}

// The bound of groups of K draws each, -(1 - a) mean_g ln 1/K sum_k w_gk - a mean ln w with ln w = l + beta (ln p(z) - ln q(z|x)),
// as a loss. out = { loss, mean l, mean ln q(z|x) - ln p(z) }. One work-group.
#define LOG_WEIGHT(row) (log_likelihood[row] + scalars[SCALAR_BETA] * log_ratio[row])

ROW_KERNEL(importance_bound,
           (IN(real, log_likelihood), IN(real, log_ratio), IN(real, scalars), OUT(real, out), VALUE(uint, groups),
            VALUE(uint, draws), VALUE(real, mixing))) {
  LOCATE(log_likelihood) LOCATE(log_ratio) LOCATE(scalars) LOCATE(out)
  GROUP_SCRATCH(scratch);
  const uint rows = groups * draws;
  LANE_SUM(bounds);
  FOR_LANES_SUM(g, groups) {
    const size_t first = (size_t)g * draws;
    real top = LOG_WEIGHT(first), sum = REAL(0.0);
    for (uint k = 1; k < draws; k++) top = LOG_WEIGHT(first + k) > top ? LOG_WEIGHT(first + k) : top;
    ROLLED for (uint k = 0; k < draws; k++) sum += real_exp(LOG_WEIGHT(first + k) - top);
    LANE_ADD(bounds, top + real_log(sum / (real)draws));
  }
  const real bound = GROUP_SUM(scratch, bounds) / (real)groups;
  LANE_SUM(likelihoods);
  FOR_LANES_SUM(i, rows) LANE_ADD(likelihoods, log_likelihood[i]);
  const real likelihood = GROUP_SUM(scratch, likelihoods) / (real)rows;
  LANE_SUM(ratios);
  FOR_LANES_SUM(i, rows) LANE_ADD(ratios, log_ratio[i]);
  const real ratio = GROUP_SUM(scratch, ratios) / (real)rows;
  if (LANE == 0) {
    out[0] = -((REAL(1.0) - mixing) * bound + mixing * (likelihood + scalars[SCALAR_BETA] * ratio));
    out[1] = likelihood;
    out[2] = -ratio;
  }
}

// With the normalised weights v of a group and upstream u: dl = -u0 ((1 - a) v + a / K) / G + u1 / rows, and of the ratio beta
// times the first part - u2 / rows.
KERNEL(importance_bound_backward,
       (IN(real, log_likelihood), IN(real, log_ratio), IN(real, scalars), IN(real, upstream), OUT(real, dlog_likelihood),
        OUT(real, dlog_ratio), VALUE(uint, draws), VALUE(real, mixing), VALUE(uint, groups))) {
  LOCATE(log_likelihood) LOCATE(log_ratio) LOCATE(scalars) LOCATE(upstream) LOCATE(dlog_likelihood)
  LOCATE(dlog_ratio)
  FOR_ITEM(groups) {
    const size_t first = (size_t)ITEM * draws;
    real top = LOG_WEIGHT(first), sum = REAL(0.0);
    for (uint k = 1; k < draws; k++) top = LOG_WEIGHT(first + k) > top ? LOG_WEIGHT(first + k) : top;
    for (uint k = 0; k < draws; k++) sum += real_exp(LOG_WEIGHT(first + k) - top);
    const real each = REAL(1.0) / ((real)groups * (real)draws);
    for (uint k = 0; k < draws; k++) {
      const real share = (REAL(1.0) - mixing) * real_exp(LOG_WEIGHT(first + k) - top) / (sum * (real)groups);
      const real weight = upstream[0] * (share + mixing * each);
      dlog_likelihood[first + k] = upstream[1] * each - weight;
      dlog_ratio[first + k] = -scalars[SCALAR_BETA] * weight - upstream[2] * each;
    }
  }
}
