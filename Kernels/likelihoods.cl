// The likelihoods p(x|z): functions of one pixel, and the line that makes kernels of them (likelihood_forms.h). Draws of
// levels add c - c of a number c that their choice depends on: 0, or NaN where that is one.

// ---- Bernoulli: x a - ln(1 + e^a) with the logit a; da = x - sigmoid(a).
FUNCTION real bernoulli_density(const real a, const real x, real *da) {
  *da = x - real_sigmoid(a);
  return x * a - real_softplus(a);
}
FUNCTION real bernoulli_mean_of(const real a) { return real_sigmoid(a); }
FUNCTION real bernoulli_draw_of(const real a, const real u, const real n) {
  (void)n;
  const real p = real_sigmoid(a);
  return (u < p ? REAL(1.0) : REAL(0.0)) + (p - p);
}
ONE_HEAD(bernoulli)

// ---- Continuous Bernoulli on [0, 1] (Loaiza-Ganem & Cunningham 2019): x a - ln((e^a - 1) / a) = (x - 1/2) a - g(a) with
// the even g(a) = ln(2 sinh(a / 2) / a); da = x - 1/2 - g'(a). g and g' by their series for |a| < 1.
FUNCTION real continuous_bernoulli_g(const real a, real *slope) {
  const real z = a * a, m = a < REAL(0.0) ? -a : a;
  // Coefficients B_2n / (2n (2n)!) of a^2n.
  real p = REAL(-2.1185501852016142e-14), q = REAL(-3.3896802963225827e-13);
  p = MULTIPLY_ADD(p, z, REAL(9.55895466477477e-13));
  q = MULTIPLY_ADD(q, z, REAL(1.3382536530684679e-11));
  p = MULTIPLY_ADD(p, z, REAL(-4.403491782239578e-11));
  q = MULTIPLY_ADD(q, z, REAL(-5.284190138687493e-10));
  p = MULTIPLY_ADD(p, z, REAL(2.08767569878681e-09));
  q = MULTIPLY_ADD(q, z, REAL(2.08767569878681e-08));
  p = MULTIPLY_ADD(p, z, REAL(-1.033399470899471e-07));
  q = MULTIPLY_ADD(q, z, REAL(-8.267195767195768e-07));
  p = MULTIPLY_ADD(p, z, REAL(5.5114638447971785e-06));
  q = MULTIPLY_ADD(q, z, REAL(3.306878306878307e-05));
  p = MULTIPLY_ADD(p, z, REAL(-0.00034722222222222224));
  q = MULTIPLY_ADD(q, z, REAL(-0.001388888888888889));
  p = MULTIPLY_ADD(p, z, REAL(0.041666666666666664));
  q = MULTIPLY_ADD(q, z, REAL(0.08333333333333333));
  const real e = real_exp(-m), rest = REAL(1.0) - e;
  const int is_near = m < REAL(1.0);
  const real far_slope = REAL(0.5) * (REAL(1.0) + e) / rest - REAL(1.0) / m;
  *slope = is_near ? q * a : (a < REAL(0.0) ? -far_slope : far_slope);
  return is_near ? p * z : REAL(0.5) * m + real_log(rest) - real_log(m);
}
FUNCTION real continuous_bernoulli_density(const real a, const real x, real *da) {
  real slope;
  const real g = continuous_bernoulli_g(a, &slope);
  *da = x - REAL(0.5) - slope;
  return (x - REAL(0.5)) * a - g;
}
FUNCTION real continuous_bernoulli_mean_of(const real a) {
  real slope;
  (void)continuous_bernoulli_g(a, &slope);
  return REAL(0.5) + slope;
}
// The inverse distribution function ln(1 + u (e^a - 1)) / a, for a < 0; by symmetry for a > 0.
FUNCTION real continuous_bernoulli_draw_of(const real a, const real u, const real n) {
  (void)n;
  const real m = a < REAL(0.0) ? -a : a, v = a < REAL(0.0) ? u : REAL(1.0) - u;
  const real x = m < REAL(0.01) ? v - REAL(0.5) * m * v * (REAL(1.0) - v)
                                : -real_log(REAL(1.0) - v * (REAL(1.0) - real_exp(-m))) / m;
  return a < REAL(0.0) ? x : REAL(1.0) - x;
}
ONE_HEAD(continuous_bernoulli)

// ---- Gaussian N(x; a, e^2s): -1/2 d^2 - s - 1/2 ln 2 pi with d = (x - a) / e^s; da = d / e^s, ds = d^2 - 1.
FUNCTION real gaussian_density(const real a, const real s, const real x, real *da, real *ds) {
  const real inverse = real_exp(-s), d = (x - a) * inverse, square = d * d;
  *da = d * inverse;
  *ds = square - REAL(1.0);
  return REAL(-0.5) * square - (s + REAL(0.5) * LN_2_PI);
}
FUNCTION real gaussian_mean_of(const real a, const real s) { (void)s; return a; }
FUNCTION real gaussian_draw_of(const real a, const real s, const real u, const real n) {
  (void)u;
  return a + real_exp(s) * n;
}
LOCATION_SCALE(gaussian, MEANS_OF_PIXELS)

// ---- Laplace: -|d| - s - ln 2 with d = (x - a) / e^s; da = sign(d) / e^s, ds = |d| - 1.
FUNCTION real laplace_density(const real a, const real s, const real x, real *da, real *ds) {
  const real inverse = real_exp(-s), d = (x - a) * inverse, distance = d < REAL(0.0) ? -d : d;
  *da = d > REAL(0.0) ? inverse : (d < REAL(0.0) ? -inverse : REAL(0.0));
  *ds = distance - REAL(1.0);
  return -distance - (s + LN_2);
}
FUNCTION real laplace_mean_of(const real a, const real s) { (void)s; return a; }
FUNCTION real laplace_draw_of(const real a, const real s, const real u, const real n) {
  (void)n;
  const int is_low = u < REAL(0.5);
  const real distance = -real_log(is_low ? REAL(2.0) * u : REAL(2.0) * (REAL(1.0) - u));
  return a + real_exp(s) * (is_low ? -distance : distance);
}
LOCATION_SCALE(laplace, MEANS_OF_PIXELS)

// ---- Discretised logistic over the 256 levels k / 255 (Salimans et al. 2017, section 2.1): the logistic distribution's
// mass of a level's bin, low = (x - a - 1/510) / e^s to high = (x - a + 1/510) / e^s; that of the first level has no lower
// end, that of the last no upper one. With sigmoid(high) - sigmoid(low) = sigmoid(high) sigmoid(-low) (1 - e^-t), t = high - low:
//   ln P = -softplus(-high) - softplus(low) + ln(1 - e^-t)
//   da = (sigmoid(low) - sigmoid(-high)) / e^s,  ds = low sigmoid(low) - high sigmoid(-high) - t / (e^t - 1)
#define BIN REAL(0.0039215686274509803)
FUNCTION real logistic_density(const real a, const real s, const real x, real *da, real *ds) {
  const real inverse = real_exp(-s);
  const real low = (x - REAL(0.5) * BIN - a) * inverse, high = (x + REAL(0.5) * BIN - a) * inverse, t = BIN * inverse;
  const int has_low = x > REAL(0.5) * BIN, has_high = x < REAL(1.0) - REAL(0.5) * BIN, has_both = has_low && has_high;
  const real mass = real_one_minus_exp(t);
  const real below = has_low ? real_sigmoid(low) : REAL(0.0), above = has_high ? real_sigmoid(-high) : REAL(0.0);
  *da = (below - above) * inverse;
  *ds = low * below - high * above - (has_both ? t * (REAL(1.0) - mass) / mass : REAL(0.0));
  return (has_both ? real_log(mass) : REAL(0.0)) - (has_low ? real_softplus(low) : REAL(0.0)) -
         (has_high ? real_softplus(-high) : REAL(0.0));
}
// sum_k k P(k) / 255 = sum_{k >= 1} P(level >= k) / 255.
FUNCTION void logistic_means(GLOBAL_IN(real) a, const real *s, const uint width, real *mean) {
  real inverse[BLOCK];
  FOR_BLOCK(l, width) {
    inverse[l] = real_exp(-s[l]);
    mean[l] = REAL(0.0);
  }
  for (uint k = 1; k < 256; k++)
    FOR_BLOCK(l, width) mean[l] += real_sigmoid((a[l] - ((real)k - REAL(0.5)) * BIN) * inverse[l]);
  FOR_BLOCK(l, width) mean[l] *= BIN;
}
FUNCTION real logistic_level(const real x) {
  const real c = real_clamp(x, REAL(0.0), REAL(1.0));
  return (real)(uint)(c >= REAL(0.0) ? c * REAL(255.0) + REAL(0.5) : REAL(0.0)) / REAL(255.0) + (c - c);
}
FUNCTION real logistic_draw_of(const real a, const real s, const real u, const real n) {
  (void)n;
  return logistic_level(a + real_exp(s) * (real_log(u) - real_log(REAL(1.0) - u)));
}
LOCATION_SCALE(logistic, MEANS_OF_BLOCKS)

// ---- Categorical over K levels, a number a_k each: a_level - ln sum_k e^a_k; da_k = [k = level] - softmax(a)_k. Level of
// an 8-bit pixel v: floor(v K / 256).
FUNCTION uint categorical_level(const real x, const uint levels) {
  return (uint)(x * REAL(255.0) + REAL(0.5)) * levels / 256u;
}
FUNCTION void categorical_densities(GLOBAL_IN(real) a, const size_t stride, const uint head_count, GLOBAL_IN(real) x,
                                    const uint width, const real upstream, GLOBAL(real) da, real *density) {
  real largest[BLOCK], sum[BLOCK];
  uint level[BLOCK];
  FOR_BLOCK(l, width) {
    largest[l] = a[l];
    sum[l] = REAL(0.0);
    level[l] = categorical_level(x[l], head_count);
  }
  for (uint k = 1; k < head_count; k++)
    FOR_BLOCK(l, width) largest[l] = a[k * stride + l] > largest[l] ? a[k * stride + l] : largest[l];
  for (uint k = 0; k < head_count; k++)
    FOR_BLOCK(l, width) sum[l] += real_exp(a[k * stride + l] - largest[l]);
  FOR_BLOCK(l, width) density[l] = a[level[l] * stride + l] - largest[l] - real_log(sum[l]);
  if (!da) return;
  FOR_BLOCK(l, width) sum[l] = upstream / sum[l];
  for (uint k = 0; k < head_count; k++)
    FOR_BLOCK(l, width)
    da[k * stride + l] = (k == level[l] ? upstream : REAL(0.0)) - real_exp(a[k * stride + l] - largest[l]) * sum[l];
}
FUNCTION void largest_of_heads(GLOBAL_IN(real) a, const size_t stride, const uint head_count, const uint width,
                               real *largest) {
  FOR_BLOCK(l, width) largest[l] = a[l];
  for (uint k = 1; k < head_count; k++)
    FOR_BLOCK(l, width) largest[l] = a[k * stride + l] > largest[l] ? a[k * stride + l] : largest[l];
}
FUNCTION void categorical_means(GLOBAL_IN(real) a, const size_t stride, const uint head_count, const uint width,
                                real *mean) {
  real largest[BLOCK], sum[BLOCK], weighted[BLOCK];
  largest_of_heads(a, stride, head_count, width, largest);
  FOR_BLOCK(l, width) sum[l] = weighted[l] = REAL(0.0);
  for (uint k = 0; k < head_count; k++)
    FOR_BLOCK(l, width) {
      const real e = real_exp(a[k * stride + l] - largest[l]);
      sum[l] += e;
      weighted[l] += (real)k * e;
    }
  FOR_BLOCK(l, width) mean[l] = weighted[l] / (sum[l] * (real)(head_count - 1));
}
FUNCTION void categorical_draws(GLOBAL_IN(real) a, const size_t stride, const uint head_count, const real *u,
                                const uint width, real *x) {
  real largest[BLOCK], sum[BLOCK], reached[BLOCK];
  uint level[BLOCK];
  largest_of_heads(a, stride, head_count, width, largest);
  FOR_BLOCK(l, width) {
    sum[l] = reached[l] = REAL(0.0);
    level[l] = 0;
  }
  for (uint k = 0; k < head_count; k++)
    FOR_BLOCK(l, width) sum[l] += real_exp(a[k * stride + l] - largest[l]);
  for (uint k = 0; k + 1 < head_count; k++)
    FOR_BLOCK(l, width) {
      reached[l] += real_exp(a[k * stride + l] - largest[l]);
      level[l] += reached[l] <= u[l] * sum[l] ? 1 : 0;
    }
  FOR_BLOCK(l, width) x[l] = (real)level[l] / (real)(head_count - 1) + (sum[l] - sum[l]);
}
MANY_HEADS(categorical)

// ---- Mixture of K discretised logistics (Salimans et al. 2017, section 2.1): heads are K logits a_k of the weights
// pi = softmax(a), K locations, K values of ln scale. ln sum_k pi_k P_k(x); with r_k = pi_k P_k / sum_i pi_i P_i:
// da_k = r_k - pi_k, and the derivatives of ln P_k times r_k.
#define COMPONENT_SCALE(k, l) real_clamp(a[(2 * components + (k)) * stride + (l)], LOG_SCALE_LOW, LOG_SCALE_HIGH)
FUNCTION void logistic_mixture_densities(GLOBAL_IN(real) a, const size_t stride, const uint head_count,
                                         GLOBAL_IN(real) x, const uint width, const real upstream, GLOBAL(real) da,
                                         real *density) {
  const uint components = head_count / 3;
  real largest[BLOCK], weights[BLOCK], top[BLOCK], sum[BLOCK];
  FOR_BLOCK(l, width) {
    largest[l] = a[l];
    weights[l] = sum[l] = REAL(0.0);
    top[l] = REAL(-1e30);
  }
  for (uint k = 1; k < components; k++)
    FOR_BLOCK(l, width) largest[l] = a[k * stride + l] > largest[l] ? a[k * stride + l] : largest[l];
  for (uint k = 0; k < components; k++)
    FOR_BLOCK(l, width) {
      real dlocation, dscale;
      const real logit = a[k * stride + l] - largest[l];
      const real joint = logit + logistic_density(a[(components + k) * stride + l], COMPONENT_SCALE(k, l), x[l],
                                                  &dlocation, &dscale);
      const real higher = joint > top[l] ? joint : top[l];
      weights[l] += real_exp(logit);
      sum[l] = sum[l] * real_exp(top[l] - higher) + real_exp(joint - higher);
      top[l] = higher;
    }
  FOR_BLOCK(l, width) density[l] = top[l] + real_log(sum[l]) - real_log(weights[l]);
  if (!da) return;
  for (uint k = 0; k < components; k++)
    FOR_BLOCK(l, width) {
      real dlocation, dscale;
      const real logit = a[k * stride + l] - largest[l], raw = a[(2 * components + k) * stride + l];
      const real joint = logit + logistic_density(a[(components + k) * stride + l], COMPONENT_SCALE(k, l), x[l],
                                                  &dlocation, &dscale);
      const real share = upstream * real_exp(joint - top[l]) / sum[l];
      da[k * stride + l] = share - upstream * real_exp(logit) / weights[l];
      da[(components + k) * stride + l] = share * dlocation;
      da[(2 * components + k) * stride + l] = raw >= LOG_SCALE_LOW && raw <= LOG_SCALE_HIGH ? share * dscale : REAL(0.0);
    }
}
FUNCTION void logistic_mixture_means(GLOBAL_IN(real) a, const size_t stride, const uint head_count, const uint width,
                                     real *mean) {
  const uint components = head_count / 3;
  real largest[BLOCK], sum[BLOCK], weighted[BLOCK];
  largest_of_heads(a, stride, components, width, largest);
  FOR_BLOCK(l, width) sum[l] = weighted[l] = REAL(0.0);
  for (uint k = 0; k < components; k++) {
    real scales[BLOCK];
    FOR_BLOCK(l, width) scales[l] = COMPONENT_SCALE(k, l);
    logistic_means(a + (components + k) * stride, scales, width, mean);
    FOR_BLOCK(l, width) {
      const real e = real_exp(a[k * stride + l] - largest[l]);
      sum[l] += e;
      weighted[l] += e * mean[l];
    }
  }
  FOR_BLOCK(l, width) mean[l] = weighted[l] / sum[l];
}
// u chooses the component; what is left of it, spread over (0, 1) again, draws from that.
FUNCTION void logistic_mixture_draws(GLOBAL_IN(real) a, const size_t stride, const uint head_count, const real *u,
                                     const uint width, real *x) {
  const uint components = head_count / 3;
  real largest[BLOCK], sum[BLOCK], reached[BLOCK], rest[BLOCK], weight[BLOCK];
  uint chosen[BLOCK];
  largest_of_heads(a, stride, components, width, largest);
  FOR_BLOCK(l, width) sum[l] = reached[l] = REAL(0.0);
  for (uint k = 0; k < components; k++)
    FOR_BLOCK(l, width) sum[l] += real_exp(a[k * stride + l] - largest[l]);
  FOR_BLOCK(l, width) {
    chosen[l] = 0;
    rest[l] = u[l] * sum[l];
    weight[l] = real_exp(a[l] - largest[l]);
  }
  for (uint k = 0; k + 1 < components; k++)
    FOR_BLOCK(l, width) {
      reached[l] += real_exp(a[k * stride + l] - largest[l]);
      const real next = real_exp(a[(k + 1) * stride + l] - largest[l]);
      const int is_passed = reached[l] <= u[l] * sum[l];
      chosen[l] = is_passed ? k + 1 : chosen[l];
      rest[l] = is_passed ? u[l] * sum[l] - reached[l] : rest[l];
      weight[l] = is_passed ? next : weight[l];
    }
  FOR_BLOCK(l, width) {
    const real v = real_clamp(rest[l] / weight[l], REAL(5.9604644775390625e-8), REAL(0.99999994));
    const real location = a[(components + chosen[l]) * stride + l];
    x[l] = logistic_draw_of(location, COMPONENT_SCALE(chosen[l], l), v, REAL(0.0)) + (sum[l] - sum[l]);
  }
}
MANY_HEADS(logistic_mixture)
