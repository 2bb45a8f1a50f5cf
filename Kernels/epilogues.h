// What becomes of an element x of a matrix product before it is stored: functions of x, of a value of its column and of
// the element of a second matrix. `bias_<f>` is f(x + column), `<f>_gradient` is x f'(source).

#define BIAS_EPILOGUE(name)                                                                      \
  FUNCTION real bias_##name##_of(const real x, const real column) { return name(x + column); }
#define GRADIENT_EPILOGUE(name)                                                                  \
  FUNCTION real name##_gradient_of(const real x, const real source) { return x * name##_derivative(source); }

BIAS_EPILOGUE(identity)
BIAS_EPILOGUE(relu)
BIAS_EPILOGUE(leaky_relu)

GRADIENT_EPILOGUE(relu)
GRADIENT_EPILOGUE(leaky_relu)
GRADIENT_EPILOGUE(tanh_activation)
GRADIENT_EPILOGUE(sigmoid)
GRADIENT_EPILOGUE(softplus)
GRADIENT_EPILOGUE(gelu)

// Products without epilogues (CLBlast) leave them to the kernel that reads the result next: its version `<kernel>_after_<f>`
// does the epilogue in place on its first argument, and gets the operand behind that. How an element is read in either:
#define STORED(matrix, at, column) (matrix)[at]
#define BIASED(matrix, at, column) ((matrix)[at] = bias_identity_of((matrix)[at], bias[column]))
