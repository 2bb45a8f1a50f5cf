// y = f(x + bias) over rows of `columns` values, and dx = dy f'(x + bias).

#define BIAS_ACTIVATION(name)                                                                       \
  ROW_KERNEL(bias_##name, (IN(real, x), IN(real, bias), OUT(real, y), VALUE(uint, columns))) {     \
    const size_t offset = (size_t)ROW * columns;                                                    \
    FOR_LANES(j, columns) y[offset + j] = name(x[offset + j] + bias[j]);                            \
  }                                                                                                 \
  ROW_KERNEL(bias_##name##_backward, (IN(real, x), IN(real, bias), IN(real, dy), OUT(real, dx),    \
                                      VALUE(uint, columns))) {                                      \
    const size_t offset = (size_t)ROW * columns;                                                    \
    FOR_LANES(j, columns)                                                                           \
    dx[offset + j] = dy[offset + j] * name##_derivative(x[offset + j] + bias[j]);                   \
  }

BIAS_ACTIVATION(identity)
BIAS_ACTIVATION(relu)
BIAS_ACTIVATION(leaky_relu)
BIAS_ACTIVATION(tanh_activation)
BIAS_ACTIVATION(sigmoid)
BIAS_ACTIVATION(softplus)
BIAS_ACTIVATION(gelu)
