// The scalars of a step and the derivatives of the negative ELBO, -mean(log-likelihood) + beta mean(KL), per image.

#define SCALAR_LEARNING_RATE 0
#define SCALAR_BETA 1
#define SCALAR_CORRECTION_1 2
#define SCALAR_CORRECTION_2 3
#define SCALAR_CAPACITY 4

// With upstream u of { loss, mean log-likelihood, mean KL }: dll = (u1 - u0) / rows, dkl = (beta u0 + u2) / rows.
FUNCTION real log_likelihood_derivative(GLOBAL_IN(real) upstream, const uint rows) {
  return (upstream[1] - upstream[0]) / (real)rows;
}
FUNCTION real kl_derivative(GLOBAL_IN(real) scalars, GLOBAL_IN(real) upstream, const uint rows) {
  return (scalars[SCALAR_BETA] * upstream[0] + upstream[2]) / (real)rows;
}
