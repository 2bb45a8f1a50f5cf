// Scalar functions shared by every backend, so that their results agree to rounding: polynomial float32
// forms (vectorisable, no library call), and the C library's functions for the float64 reference.
// Accuracy of the float32 forms: a few units in the last place (Tests/BackendConformanceTests).

#define LN_2 REAL(0.69314718055994530941723212146)
#define LN_2_PI REAL(1.8378770664093454835606594728112)

#ifndef REAL_IS_DOUBLE

// e^x by x = n ln 2 + r, |r| <= ln 2 / 2, and a degree-6 polynomial (Cephes expf). Results below 2.4e-38 are 0.
FUNCTION real real_exp(const real x) {
  const real shifted = MULTIPLY_ADD(x, REAL(1.44269504088896341), REAL(12582912.0));
  const real n = shifted - REAL(12582912.0);
  real r = MULTIPLY_ADD(n, REAL(-0.693359375), x);
  r = MULTIPLY_ADD(n, REAL(2.12194440e-4), r);
  real p = REAL(1.9875691500e-4);
  p = MULTIPLY_ADD(p, r, REAL(1.3981999507e-3));
  p = MULTIPLY_ADD(p, r, REAL(8.3334519073e-3));
  p = MULTIPLY_ADD(p, r, REAL(4.1665795894e-2));
  p = MULTIPLY_ADD(p, r, REAL(1.6666665459e-1));
  p = MULTIPLY_ADD(p, r, REAL(5.0000001201e-1));
  p = MULTIPLY_ADD(p * r, r, r) + REAL(1.0);
  // The low mantissa bits of `shifted` hold n; 2^(n-1) times 2 avoids overflow of the exponent at n = 128.
  const real scale = BITS_TO_REAL((REAL_TO_BITS(shifted) + 126u) << 23);
  const real y = (p * scale) * REAL(2.0);
  return x > REAL(88.72283) ? (real)INFINITY : (x < REAL(-86.6) ? REAL(0.0) : y);
}

// ln x for x > 0 (Cephes logf); 0 gives -inf, negative x gives NaN.
FUNCTION real real_log(const real x) {
  const uint bits = REAL_TO_BITS(x);
  // Exponent such that the mantissa m lies in [sqrt(1/2), sqrt(2)).
  const uint offset = bits - 0x3f3504f3u;
  const int exponent = (int)offset >> 23;
  const real m = BITS_TO_REAL(bits - ((uint)exponent << 23)) - REAL(1.0);
  const real z = m * m;
  real p = REAL(7.0376836292e-2);
  p = MULTIPLY_ADD(p, m, REAL(-1.1514610310e-1));
  p = MULTIPLY_ADD(p, m, REAL(1.1676998740e-1));
  p = MULTIPLY_ADD(p, m, REAL(-1.2420140846e-1));
  p = MULTIPLY_ADD(p, m, REAL(1.4249322787e-1));
  p = MULTIPLY_ADD(p, m, REAL(-1.6668057665e-1));
  p = MULTIPLY_ADD(p, m, REAL(2.0000714765e-1));
  p = MULTIPLY_ADD(p, m, REAL(-2.4999993993e-1));
  p = MULTIPLY_ADD(p, m, REAL(3.3333331174e-1));
  real y = p * m * z;
  const real e = (real)exponent;
  y = MULTIPLY_ADD(e, REAL(-2.12194440e-4), y);
  y = MULTIPLY_ADD(z, REAL(-0.5), y);
  y = MULTIPLY_ADD(e, REAL(0.693359375), m + y);
  y = x > REAL(3.4e38) ? x : y;
  return x > REAL(0.0) ? y : (x == REAL(0.0) ? -(real)INFINITY : (real)NAN);
}

// ln(1 + y) for y >= 0, accurate for small y: ln(u) * y / (u - 1) with u = 1 + y rounded (Kahan).
FUNCTION real real_log1p(const real y) {
  const real u = y + REAL(1.0);
  const real d = u - REAL(1.0);
  const real ratio = d == REAL(0.0) ? REAL(1.0) : y / (d == REAL(0.0) ? REAL(1.0) : d);
  const real logarithm = d == REAL(0.0) ? y : real_log(u);
  return logarithm * ratio;
}

// 1 - e^-x for x >= 0, accurate for small x: its series below 1/2.
FUNCTION real real_one_minus_exp(const real x) {
  real p = REAL(-2.4801587301587302e-5);
  p = MULTIPLY_ADD(p, x, REAL(1.9841269841269841e-4));
  p = MULTIPLY_ADD(p, x, REAL(-1.3888888888888889e-3));
  p = MULTIPLY_ADD(p, x, REAL(8.3333333333333333e-3));
  p = MULTIPLY_ADD(p, x, REAL(-4.1666666666666667e-2));
  p = MULTIPLY_ADD(p, x, REAL(1.6666666666666667e-1));
  p = MULTIPLY_ADD(p, x, REAL(-0.5));
  const real small = MULTIPLY_ADD(p * x, x, x);
  return x < REAL(0.5) ? small : REAL(1.0) - real_exp(-x);
}

// tanh x: a polynomial below 0.625, 1 - 2 / (e^(2|x|) + 1) above (Cephes tanhf).
FUNCTION real real_tanh(const real x) {
  const real z = x * x;
  real p = REAL(-5.70498872745e-3);
  p = MULTIPLY_ADD(p, z, REAL(2.06390887954e-2));
  p = MULTIPLY_ADD(p, z, REAL(-5.37397155531e-2));
  p = MULTIPLY_ADD(p, z, REAL(1.33314422036e-1));
  p = MULTIPLY_ADD(p, z, REAL(-3.33332819422e-1));
  const real small = MULTIPLY_ADD(p * z, x, x);
  const real magnitude = x < REAL(0.0) ? -x : x;
  const real large = REAL(1.0) - REAL(2.0) / (real_exp(REAL(2.0) * magnitude) + REAL(1.0));
  const real signed_large = x < REAL(0.0) ? -large : large;
  return magnitude < REAL(0.625) ? small : signed_large;
}

// erfc x, relative error below 1.2e-7 (the Chebyshev fit of Numerical Recipes, section 6.2.2).
FUNCTION real real_erfc(const real x) {
  const real z = x < REAL(0.0) ? -x : x;
  const real t = REAL(1.0) / (REAL(1.0) + REAL(0.5) * z);
  real p = REAL(0.17087277);
  p = MULTIPLY_ADD(p, t, REAL(-0.82215223));
  p = MULTIPLY_ADD(p, t, REAL(1.48851587));
  p = MULTIPLY_ADD(p, t, REAL(-1.13520398));
  p = MULTIPLY_ADD(p, t, REAL(0.27886807));
  p = MULTIPLY_ADD(p, t, REAL(-0.18628806));
  p = MULTIPLY_ADD(p, t, REAL(0.09678418));
  p = MULTIPLY_ADD(p, t, REAL(0.37409196));
  p = MULTIPLY_ADD(p, t, REAL(1.00002368));
  p = MULTIPLY_ADD(p, t, REAL(-1.26551223));
  const real tail = t * real_exp(p - z * z);
  return x < REAL(0.0) ? REAL(2.0) - tail : tail;
}

// cos(2 pi u) and sin(2 pi u) for u in [0, 1): exact reduction to an eighth turn, then Taylor-minimax forms.
FUNCTION void real_cos_sin_turns(const real u, real *cosine, real *sine) {
  const int quadrant = (int)(REAL(4.0) * u + REAL(0.5));
  const real t = (u - REAL(0.25) * (real)quadrant) * REAL(6.28318530717958648);
  const real z = t * t;
  real s = REAL(-1.9515295891e-4);
  s = MULTIPLY_ADD(s, z, REAL(8.3321608736e-3));
  s = MULTIPLY_ADD(s, z, REAL(-1.6666654611e-1));
  s = MULTIPLY_ADD(s * z, t, t);
  real c = REAL(2.443315711809948e-5);
  c = MULTIPLY_ADD(c, z, REAL(-1.388731625493765e-3));
  c = MULTIPLY_ADD(c, z, REAL(4.166664568298827e-2));
  c = MULTIPLY_ADD(c * z, z, MULTIPLY_ADD(z, REAL(-0.5), REAL(1.0)));
  const int swap = quadrant & 1;
  const real a = swap ? s : c;
  const real b = swap ? c : s;
  *cosine = ((quadrant + 1) & 2) ? -a : a;
  *sine = (quadrant & 2) ? -b : b;
}

#else

FUNCTION real real_exp(const real x) { return exp(x); }
FUNCTION real real_log(const real x) { return log(x); }
FUNCTION real real_log1p(const real x) { return log1p(x); }
FUNCTION real real_one_minus_exp(const real x) { return -expm1(-x); }
FUNCTION real real_tanh(const real x) { return tanh(x); }
FUNCTION real real_erfc(const real x) { return erfc(x); }
FUNCTION void real_cos_sin_turns(const real u, real *cosine, real *sine) {
  *cosine = cos(u * 6.283185307179586476925);
  *sine = sin(u * 6.283185307179586476925);
}

#endif

// 1 / (1 + e^-x) without overflow.
FUNCTION real real_sigmoid(const real x) {
  const real e = real_exp(x < REAL(0.0) ? x : -x);
  const real denominator = REAL(1.0) / (REAL(1.0) + e);
  return x < REAL(0.0) ? e * denominator : denominator;
}

// ln(1 + e^x) = max(x, 0) + ln(1 + e^-|x|).
FUNCTION real real_softplus(const real x) {
  const real e = real_exp(x < REAL(0.0) ? x : -x);
  return (x < REAL(0.0) ? REAL(0.0) : x) + real_log1p(e);
}

// x held to [low, high]; NaN stays NaN (fmin and fmax would hide it).
FUNCTION real real_clamp(const real x, const real low, const real high) {
  return x < low ? low : (x > high ? high : x);
}

// 1 for finite x, 0 for infinities and NaN.
FUNCTION int real_is_finite(const real x) { return (x - x) == REAL(0.0); }
