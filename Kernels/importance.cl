// Several draws of z for each image, and what becomes of their importance weights. Rows i S ... i S + S - 1 are the S draws of
// image i of a batch.

// The noise of latents first ..< first + width of draw s of an image: in evaluation
// (`draws_are_steps`) every draw is a step of its own, so that it does not depend on how many are
// drawn together; in training the draws of a step have elements one behind the other.
FUNCTION void draw_noise(const uint first, const uint width, const uint s, const uint latents, const uint sample,
                         GLOBAL_IN(uint) state, const uint purpose, const uint draws_are_steps, real *noise) {
  philox_normals(draws_are_steps ? first : s * latents + first, width, sample,
                 draws_are_steps ? state[STATE_STEP] + s : state[STATE_STEP], purpose, state[STATE_SEED_LOW],
                 state[STATE_SEED_HIGH], noise);
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
  FOR_BLOCKS(first, width, latents) {
    real noise[BLOCK];
    draw_noise(first, width, s, latents, sample, state, purpose, draws_are_steps, noise);
    FOR_BLOCK(l, width) {
      const size_t at = (size_t)image * 2 * latents + first + l;
      const real log_variance = real_clamp(posterior[at + latents], LOG_VARIANCE_LOW, LOG_VARIANCE_HIGH);
      const real latent = posterior[at] + real_exp(REAL(0.5) * log_variance) * noise[l];
      z[(size_t)ROW * latents + first + l] = latent;
      BLOCK_ADD(sum, l, log_variance + noise[l] * noise[l] - latent * latent);
    }
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
  FOR_BLOCKS(first, width, latents) {
    const size_t at = (size_t)ROW * 2 * latents + first;
    real deviation[BLOCK], dmean[BLOCK], dlog_variance[BLOCK];
    FOR_BLOCK(l, width) {
      const real log_variance = real_clamp(posterior[at + latents + l], LOG_VARIANCE_LOW, LOG_VARIANCE_HIGH);
      deviation[l] = real_exp(REAL(0.5) * log_variance);
      dmean[l] = dlog_variance[l] = REAL(0.0);
    }
    for (uint s = 0; s < samples; s++) {
      const size_t row = (size_t)ROW * samples + s;
      const real dratio = dlog_ratio[row], weight = -dratio * (real)groups;
      real noise[BLOCK];
      draw_noise(first, width, s, latents, sample, state, purpose, draws_are_steps, noise);
      FOR_BLOCK(l, width) {
        const real latent = posterior[at + l] + deviation[l] * noise[l];
        const real standard = dz[row * latents + first + l] - dratio * latent;
        const real g = groups ? weight * (standard + dratio * noise[l] / deviation[l]) : standard;
        dmean[l] += g;
        dlog_variance[l] += REAL(0.5) * (g * noise[l] * deviation[l] + (groups ? REAL(0.0) : dratio));
      }
    }
    FOR_BLOCK(l, width) {
      const real unclamped = posterior[at + latents + l];
      const int outside = unclamped < LOG_VARIANCE_LOW || unclamped > LOG_VARIANCE_HIGH;
      dposterior[at + l] = dmean[l];
      dposterior[at + latents + l] = outside ? REAL(0.0) : dlog_variance[l];
    }
  }
}

// Sums over the draws of an image, taken on draw by draw: from draw state[STATE_STEP] on, which 0 begins anew.
//   { l_0, sum (l - l_0), sum (l - l_0)^2, max ln w, sum w / max w, sum (w / max w)^2 }
// with the log-likelihood l and ln w = l + ln p(z) - ln q(z|x) of each draw (streaming log-sum-exp). The last two leave out the largest
// weight: what the others weigh beside it is not rounded away. A row is 64 of the `count` images.
#define IMPORTANCE_SUMS 6
#define IMPORTANCE_IMAGES 64
ROW_KERNEL(accumulate_importance,
           (IN(real, log_likelihood), IN(real, log_ratio), IN(uint, state), INOUT(real, sums), VALUE(uint, samples),
            VALUE(uint, count))) {
  LOCATE(log_likelihood) LOCATE(log_ratio) LOCATE(state) LOCATE(sums)
  const uint before = (uint)ROW * IMPORTANCE_IMAGES;
  const uint images = count - before < IMPORTANCE_IMAGES ? count - before : IMPORTANCE_IMAGES;
  const int begins = state[STATE_STEP] == 0;
  FOR_BLOCKS(first, width, images) {
    GLOBAL(real) image = sums + (size_t)(state[STATE_BATCH_START] + before + first) * IMPORTANCE_SUMS;
    const size_t row = (size_t)(before + first) * samples;
    real origin[BLOCK], sum[BLOCK], squares[BLOCK], top[BLOCK], others[BLOCK], squared_others[BLOCK];
    FOR_BLOCK(l, width) {
      GLOBAL_IN(real) old = image + l * IMPORTANCE_SUMS;
      const real likelihood = log_likelihood[row + l * samples], ratio = log_ratio[row + l * samples];
      origin[l] = begins ? likelihood : old[0];
      sum[l] = begins ? REAL(0.0) : old[1];
      squares[l] = begins ? REAL(0.0) : old[2];
      top[l] = begins ? likelihood + ratio : old[3];
      others[l] = begins ? REAL(0.0) : old[4];
      squared_others[l] = begins ? REAL(0.0) : old[5];
    }
    for (uint s = 0; s < samples; s++) {
      const int is_first = begins && s == 0;
      FOR_BLOCK(l, width) {
        const size_t at = row + l * samples + s;
        const real difference = log_likelihood[at] - origin[l];
        const real log_weight = log_likelihood[at] + log_ratio[at];
        const int is_higher = log_weight > top[l];
        const real share = real_exp(is_higher ? top[l] - log_weight : log_weight - top[l]);
        const real ratio = is_first ? REAL(0.0) : share;
        sum[l] += difference;
        squares[l] += difference * difference;
        others[l] = is_higher ? (others[l] + REAL(1.0)) * ratio : others[l] + ratio;
        squared_others[l] =
            is_higher ? (squared_others[l] + REAL(1.0)) * ratio * ratio : squared_others[l] + ratio * ratio;
        top[l] = is_higher ? log_weight : top[l];
      }
    }
    FOR_BLOCK(l, width) {
      GLOBAL(real) to = image + l * IMPORTANCE_SUMS;
      to[0] = origin[l];
      to[1] = sum[l];
      to[2] = squares[l];
      to[3] = top[l];
      to[4] = others[l];
      to[5] = squared_others[l];
    }
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
  FOR_BLOCKS(first, width, groups) {
    const size_t row = (size_t)first * draws;
    real top[BLOCK], sum[BLOCK];
    FOR_BLOCK(l, width) {
      top[l] = LOG_WEIGHT(row + l * draws);
      sum[l] = REAL(0.0);
    }
    for (uint k = 1; k < draws; k++)
      FOR_BLOCK(l, width) {
        const real log_weight = LOG_WEIGHT(row + l * draws + k);
        top[l] = log_weight > top[l] ? log_weight : top[l];
      }
    ROLLED for (uint k = 0; k < draws; k++)
      FOR_BLOCK(l, width) sum[l] += real_exp(LOG_WEIGHT(row + l * draws + k) - top[l]);
    FOR_BLOCK(l, width) BLOCK_ADD(bounds, l, top[l] + real_log(sum[l] / (real)draws));
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
