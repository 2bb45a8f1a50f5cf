// Adam (Kingma & Ba 2015, Algorithm 1) over one arena that holds every parameter; PyTorch's form:
//   p -= (lr / (1 - b1^t)) m / (sqrt(v) / sqrt(1 - b2^t) + eps)
// scalars[SCALAR_CORRECTION_1] = 1 / (1 - b1^t), scalars[SCALAR_CORRECTION_2] = 1 / sqrt(1 - b2^t), both made by
// the host in float64, as are the complements 1 - b (1 - 0.999f would be off by 1e-5). Nothing moves once guard[1] marks a step that is not finite.
// Moments below MOMENT_FLOOR become 0: where a gradient stays 0 they decay for ever, and numbers below 1.2e-38 make
// processors a hundred times slower (a pixel that is always black, from step 800 on). The update they would give is less
// than lr 1e-30 / eps.
#define MOMENT_FLOOR REAL(1e-30)
FUNCTION real without_underflow(const real x) {
  return x < MOMENT_FLOOR && x > -MOMENT_FLOOR ? REAL(0.0) : x;
}
KERNEL(adam, (IN(real, gradient), IN(real, scalars), IN(real, guard), INOUT(real, parameter), INOUT(real, m),
              INOUT(real, v), VALUE(real, beta1), VALUE(real, complement1), VALUE(real, beta2),
              VALUE(real, complement2), VALUE(real, epsilon), VALUE(uint, count))) {
  LOCATE(gradient) LOCATE(scalars) LOCATE(guard) LOCATE(parameter) LOCATE(m) LOCATE(v)
  FOR_ITEM(count) {
    const size_t i = ITEM;
    const int hold = guard[1] != REAL(0.0);
    const real g = gradient[i] * guard[0];
    const real first = without_underflow(beta1 * m[i] + complement1 * g);
    const real second = without_underflow(beta2 * v[i] + complement2 * (g * g));
    const real rate = scalars[SCALAR_LEARNING_RATE] * scalars[SCALAR_CORRECTION_1];
    const real update = rate * first / (REAL_SQRT(second) * scalars[SCALAR_CORRECTION_2] + epsilon);
    // Reads the old values whether or not they are kept: reads that depend on `hold` become a
    // branch, and the loop no vectors.
    const real old_parameter = parameter[i], old_m = m[i], old_v = v[i];
    parameter[i] = hold ? old_parameter : old_parameter - update;
    m[i] = hold ? old_m : first;
    v[i] = hold ? old_v : second;
  }
}
