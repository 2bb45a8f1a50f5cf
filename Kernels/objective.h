// The scalars of a step and the derivatives of the negative ELBO, -mean(log-likelihood) + beta mean(KL), per image.

#define SCALAR_LEARNING_RATE 0
#define SCALAR_BETA 1
#define SCALAR_CORRECTION_1 2
#define SCALAR_CORRECTION_2 3
#define SCALAR_CAPACITY 4

// What values are multiplied by in front of a sum of squares that left the range of real, by the plain sum; 1 where it did not.
// Powers of two change no digit. 2^-80 x has a square for every x.
FUNCTION real scale_of_squares(const real sum) {
  return !real_is_finite(sum) ? REAL(0x1p-80) : sum < REAL(0x1p-100) ? REAL(0x1p80) : REAL(1.0);
}

// With upstream u of { loss, mean log-likelihood, mean KL }: dll = (u1 - u0) / rows, dkl = (beta u0 + u2) / rows.
FUNCTION real log_likelihood_derivative(GLOBAL_IN(real) upstream, const uint rows) {
  return (upstream[1] - upstream[0]) / (real)rows;
}
FUNCTION real kl_derivative(GLOBAL_IN(real) scalars, GLOBAL_IN(real) upstream, const uint rows) {
  return (scalars[SCALAR_BETA] * upstream[0] + upstream[2]) / (real)rows;
}
