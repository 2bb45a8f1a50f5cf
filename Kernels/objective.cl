// The negative ELBO of a batch: loss = -mean(log-likelihood) + beta mean(KL). One work-group.
// out = { loss, mean log-likelihood, mean KL }; scalars[SCALAR_BETA] is beta. There are `samples` log-likelihoods for each KL.

// The sums of the log-likelihoods and divergences of all rows; every lane gets both.
#define NEGATIVE_ELBO(scratch, likelihood, divergence)                            \
  LANE_SUM(likelihoods);                                                          \
  LANE_SUM(divergences);                                                          \
  SUM_LANES(likelihoods, i, rows * samples, log_likelihood[i])                    \
  SUM_LANES(divergences, i, rows, kl[i])                                          \
  const real likelihood = GROUP_SUM(scratch, likelihoods) / (real)(rows * samples); \
  const real divergence = GROUP_SUM(scratch, divergences) / (real)rows

ROW_KERNEL(negative_elbo, (IN(real, log_likelihood), IN(real, kl), IN(real, scalars), OUT(real, out),
                           VALUE(uint, rows), VALUE(uint, samples))) {
  LOCATE(log_likelihood) LOCATE(kl) LOCATE(scalars) LOCATE(out)
  GROUP_SCRATCH(scratch);
  NEGATIVE_ELBO(scratch, likelihood, divergence);
  if (LANE == 0) {
    out[0] = scalars[SCALAR_BETA] * divergence - likelihood;
    out[1] = likelihood;
    out[2] = divergence;
  }
}

// Its gradients, the same for every row.
KERNEL(log_likelihood_of_elbo_backward, (IN(real, upstream), OUT(real, dlog_likelihood), VALUE(uint, count))) {
  LOCATE(upstream) LOCATE(dlog_likelihood)
  FOR_ITEM(count) dlog_likelihood[ITEM] = log_likelihood_derivative(upstream, count);
}
KERNEL(kl_of_elbo_backward, (IN(real, scalars), IN(real, upstream), OUT(real, dkl), VALUE(uint, count))) {
  LOCATE(scalars) LOCATE(upstream) LOCATE(dkl)
  FOR_ITEM(count) dkl[ITEM] = kl_derivative(scalars, upstream, count);
}

// One work-group ends the backward pass: the gradient norm from its partial sums of squares, the clip factor, the
// sticky mark of a step that is not finite (the optimizer then leaves the parameters alone), and the step's
// row { loss, log-likelihood, KL, gradient norm } of the history that the host reads every few steps.
// guard = { clip factor, 1 once a step was not finite }.
// It also turns to the next step, so that the host need not write anything between two: the optimizer's scalars are put
// aside in `update`, and state and scalars become the rows behind the step's own in the tables of the coming steps.
#define STEP_WORDS 8
#define FINISH_PARAMETERS                                                                        \
  INOUT(uint, state), INOUT(real, scalars), INOUT(real, guard), OUT(real, history),              \
      OUT(real, update), IN(uint, state_table), IN(real, scalar_table), VALUE(uint, parts),      \
      VALUE(uint, slots), VALUE(real, maximum_norm)
#define LOCATE_FINISH                                                                            \
  LOCATE(state) LOCATE(scalars) LOCATE(guard) LOCATE(history) LOCATE(update) LOCATE(state_table) \
  LOCATE(scalar_table)

// The norm of the gradient from the sums of squares of its parts and the scaled ones behind them. What its square is too large or too
// small for has a norm still.
#define GRADIENT_NORM(scratch, norm)                                                                   \
  LANE_SUM(partial);                                                                                   \
  SUM_LANES(partial, j, parts, squares[j])                                                             \
  const real plain = GROUP_SUM(scratch, partial);                                                      \
  const real scale = scale_of_squares(plain);                                                          \
  const uint again = scale == REAL(1.0) ? 0 : parts;                                                   \
  LANE_SUM(rest);                                                                                      \
  FOR_LANES_SUM(j, again)                                                                              \
    LANE_ADD(rest, scale < REAL(1.0) && real_is_finite(squares[j]) ? squares[j] * scale * scale        \
                                                                   : squares[parts + j]);              \
  const real scaled = GROUP_SUM(scratch, rest);                                                        \
  const real norm = scale == REAL(1.0) ? REAL_SQRT(plain)                                              \
                                       : REAL_SQRT(scaled) * (scale < REAL(1.0) ? REAL(0x1p80) : REAL(0x1p-80))

FUNCTION void finish_step(const real norm, const real loss, const real likelihood, const real divergence,
                          const real maximum_norm, const uint slot, GLOBAL(real) guard, GLOBAL(real) history) {
  const int clips = maximum_norm > REAL(0.0) && norm > maximum_norm;
  // Adam squares what is left of the gradient.
  const real left = clips ? maximum_norm : norm;
  const int finite = real_is_finite(norm) && real_is_finite(left * left) && real_is_finite(loss);
  guard[0] = clips ? maximum_norm / norm : REAL(1.0);
  if (!finite) guard[1] = REAL(1.0);
  const size_t at = (size_t)slot * 4;
  history[at] = loss;
  history[at + 1] = likelihood;
  history[at + 2] = divergence;
  history[at + 3] = finite ? norm : norm + left * left;
}

FUNCTION void next_step(GLOBAL(uint) state, GLOBAL(real) scalars, GLOBAL(real) update, GLOBAL_IN(uint) state_table,
                        GLOBAL_IN(real) scalar_table, const uint slots) {
  const uint next = state[STATE_HISTORY_SLOT] + 1 < slots ? state[STATE_HISTORY_SLOT] + 1 : 0;
  for (uint k = 0; k < STEP_WORDS; k++) {
    update[k] = scalars[k];
    state[k] = state_table[(size_t)next * STEP_WORDS + k];
    scalars[k] = scalar_table[(size_t)next * STEP_WORDS + k];
  }
}

ROW_KERNEL(finish_backward, (IN(real, squares), IN(real, objective), FINISH_PARAMETERS)) {
  LOCATE(squares) LOCATE(objective) LOCATE_FINISH
  GROUP_SCRATCH(scratch);
  GRADIENT_NORM(scratch, norm);
  if (LANE == 0) {
    finish_step(norm, objective[0], objective[1], objective[2], maximum_norm, state[STATE_HISTORY_SLOT], guard,
                history);
    next_step(state, scalars, update, state_table, scalar_table, slots);
  }
}

// The same with the negative ELBO in the same launch.
ROW_KERNEL(finish_negative_elbo, (IN(real, squares), IN(real, log_likelihood), IN(real, kl), FINISH_PARAMETERS,
                                  VALUE(uint, rows), VALUE(uint, samples))) {
  LOCATE(squares) LOCATE(log_likelihood) LOCATE(kl) LOCATE_FINISH
  GROUP_SCRATCH(scratch);
  NEGATIVE_ELBO(scratch, likelihood, divergence);
  GRADIENT_NORM(scratch, norm);
  if (LANE == 0) {
    finish_step(norm, scalars[SCALAR_BETA] * divergence - likelihood, likelihood, divergence, maximum_norm,
                state[STATE_HISTORY_SLOT], guard, history);
    next_step(state, scalars, update, state_table, scalar_table, slots);
  }
}
