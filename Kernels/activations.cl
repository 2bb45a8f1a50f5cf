// Activations of whole matrices, and what becomes of a matrix product before it is stored (its epilogue). An epilogue
// is a function of the element, of a value of its column and of the element of a second matrix; as a kernel of its own,
// epilogue_<name>, it changes rows of the product in place, `stride` apart.

// dx = dy f'(source); the source is the pre-activation or, where f' can be told from it, the output.
#define ACTIVATION_GRADIENT(name)                                                                   \
  FUNCTION real name##_gradient_of(const real x, const real column, const real source) {            \
    (void)column;                                                                                   \
    return x * name##_derivative(source);                                                           \
  }                                                                                                 \
  ROW_KERNEL(name##_gradient, (IN(real, dy), IN(real, source), OUT(real, dx), VALUE(uint, columns))) { \
    const size_t offset = (size_t)ROW * columns;                                                    \
    FOR_LANES(j, columns) dx[offset + j] = name##_gradient_of(dy[offset + j], 0, source[offset + j]); \
  }                                                                                                 \
  ROW_KERNEL(epilogue_##name##_gradient, (INOUT(real, c), IN(real, source), VALUE(uint, columns), VALUE(uint, stride))) { \
    const size_t offset = (size_t)ROW * stride;                                                     \
    FOR_LANES(j, columns) c[offset + j] = name##_gradient_of(c[offset + j], 0, source[offset + j]); \
  }

// y = f(x + bias).
#define BIAS_ACTIVATION(name)                                                                       \
  FUNCTION real bias_##name##_of(const real x, const real column, const real source) {              \
    (void)source;                                                                                   \
    return name(x + column);                                                                        \
  }                                                                                                 \
  ROW_KERNEL(bias_##name, (IN(real, x), IN(real, bias), OUT(real, y), VALUE(uint, columns))) {      \
    const size_t offset = (size_t)ROW * columns;                                                    \
    FOR_LANES(j, columns) y[offset + j] = bias_##name##_of(x[offset + j], bias[j], 0);              \
  }                                                                                                 \
  ROW_KERNEL(epilogue_bias_##name, (INOUT(real, c), IN(real, bias), VALUE(uint, columns), VALUE(uint, stride))) { \
    const size_t offset = (size_t)ROW * stride;                                                     \
    FOR_LANES(j, columns) c[offset + j] = bias_##name##_of(c[offset + j], bias[j], 0);              \
  }

// y = f(x), for activations whose derivative needs x.
#define ACTIVATE(name)                                                                              \
  KERNEL(activate_##name, (IN(real, x), OUT(real, y), VALUE(uint, count))) {                        \
    GUARD(count);                                                                                   \
    y[ITEM] = name(x[ITEM]);                                                                        \
  }

BIAS_ACTIVATION(identity)
BIAS_ACTIVATION(relu)
BIAS_ACTIVATION(leaky_relu)

ACTIVATE(tanh_activation)
ACTIVATE(sigmoid)
ACTIVATE(softplus)
ACTIVATE(gelu)

ACTIVATION_GRADIENT(relu)
ACTIVATION_GRADIENT(leaky_relu)
ACTIVATION_GRADIENT(tanh_activation)
ACTIVATION_GRADIENT(sigmoid)
ACTIVATION_GRADIENT(softplus)
ACTIVATION_GRADIENT(gelu)
