// Activations of whole matrices, and the epilogues of a matrix product as kernels of their own, which change `columns`
// columns of its rows in place; rows are `stride` apart.

// dx = dy f'(source); the source is the pre-activation or, where f' can be told from it, the output.
#define ACTIVATION_GRADIENT(name)                                                                      \
  KERNEL(name##_gradient, (IN(real, dy), IN(real, source), OUT(real, dx), VALUE(uint, count))) {       \
    LOCATE(dy) LOCATE(source) LOCATE(dx)                                                               \
    FOR_ITEM(count) dx[ITEM] = name##_gradient_of(dy[ITEM], source[ITEM]);                             \
  }                                                                                                    \
  ROW_KERNEL(epilogue_##name##_gradient,                                                               \
             (INOUT(real, c), IN(real, source), VALUE(uint, columns), VALUE(uint, stride))) {          \
    LOCATE(c) LOCATE(source)                                                                           \
    const size_t offset = (size_t)ROW * stride;                                                        \
    FOR_LANES(j, columns) c[offset + j] = name##_gradient_of(c[offset + j], source[offset + j]);       \
  }

// y = f(x + bias). Several lines of a matrix a work-group, which a line of few columns would leave
// idle.
#define BIAS_ACTIVATION(name)                                                                          \
  ROW_KERNEL(bias_##name, (IN(real, x), IN(real, bias), OUT(real, y), VALUE(uint, columns),            \
                           VALUE(uint, rows), VALUE(uint, lines))) {                                   \
    LOCATE(x) LOCATE(bias) LOCATE(y)                                                                   \
    const uint begin = (uint)ROW * lines, count = rows - begin < lines ? rows - begin : lines;         \
    FOR_LINE_BLOCKS(line, first, width, count, columns) {                                              \
      const size_t at = ((size_t)begin + line) * columns + first;                                      \
      FOR_BLOCK(l, width) y[at + l] = bias_##name##_of(x[at + l], bias[first + l]);                    \
    }                                                                                                  \
  }                                                                                                    \
  ROW_KERNEL(epilogue_bias_##name,                                                                     \
             (INOUT(real, c), IN(real, bias), VALUE(uint, columns), VALUE(uint, stride))) {            \
    LOCATE(c) LOCATE(bias)                                                                             \
    const size_t offset = (size_t)ROW * stride;                                                        \
    FOR_LANES(j, columns) c[offset + j] = bias_##name##_of(c[offset + j], bias[j]);                    \
  }

// y = f(x), for activations whose derivative needs x.
#define ACTIVATE(name)                                                                                 \
  KERNEL(activate_##name, (IN(real, x), OUT(real, y), VALUE(uint, count))) {                           \
    LOCATE(x) LOCATE(y)                                                                                \
    FOR_ITEM(count) y[ITEM] = name(x[ITEM]);                                                           \
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
