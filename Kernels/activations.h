// Activation functions and their derivatives, both from the pre-activation x. Those of relu and leaky_relu are the same
// from the output: f(x) has the sign of x.
// A new activation: a pair of functions here, lines in epilogues.h, activations.cl and reductions.cl, a case in
// Activation.swift.

FUNCTION real identity(const real x) { return x; }
FUNCTION real identity_derivative(const real x) { (void)x; return REAL(1.0); }

FUNCTION real relu(const real x) { return x < REAL(0.0) ? REAL(0.0) : x; }
FUNCTION real relu_derivative(const real x) { return x > REAL(0.0) ? REAL(1.0) : REAL(0.0); }

// Slope 0.01 below zero.
FUNCTION real leaky_relu(const real x) { return x < REAL(0.0) ? REAL(0.01) * x : x; }
FUNCTION real leaky_relu_derivative(const real x) { return x > REAL(0.0) ? REAL(1.0) : REAL(0.01); }

FUNCTION real tanh_activation(const real x) { return real_tanh(x); }
FUNCTION real tanh_activation_derivative(const real x) {
  // 1 / cosh^2 x = 4 e / (1 + e)^2 with e = e^(-2|x|): exact in the tails, where 1 - tanh^2 cancels.
  const real e = real_exp(x < REAL(0.0) ? REAL(2.0) * x : REAL(-2.0) * x);
  const real denominator = REAL(1.0) + e;
  return REAL(4.0) * e / (denominator * denominator);
}

FUNCTION real sigmoid(const real x) { return real_sigmoid(x); }
FUNCTION real sigmoid_derivative(const real x) {
  const real e = real_exp(x < REAL(0.0) ? x : -x);
  const real denominator = REAL(1.0) + e;
  return e / (denominator * denominator);
}

FUNCTION real softplus(const real x) { return real_softplus(x); }
FUNCTION real softplus_derivative(const real x) { return real_sigmoid(x); }

// x Phi(x) with the exact normal distribution function, not the tanh approximation (Hendrycks & Gimpel 2016).
FUNCTION real gelu(const real x) {
  return REAL(0.5) * x * real_erfc(x * REAL(-0.70710678118654752440));
}
FUNCTION real gelu_derivative(const real x) {
  const real cdf = REAL(0.5) * real_erfc(x * REAL(-0.70710678118654752440));
  return cdf + x * REAL(0.39894228040143267794) * real_exp(REAL(-0.5) * x * x);
}
