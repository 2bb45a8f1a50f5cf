// Elementwise arithmetic on whole tensors.

KERNEL(add, (IN(real, a), IN(real, b), OUT(real, sum), VALUE(uint, count))) {
  LOCATE(a) LOCATE(b) LOCATE(sum)
  FOR_ITEM(count) sum[ITEM] = a[ITEM] + b[ITEM];
}

KERNEL(duplicate, (IN(real, x), OUT(real, y), VALUE(uint, count))) {
  LOCATE(x) LOCATE(y)
  FOR_ITEM(count) y[ITEM] = x[ITEM];
}

// y = a sigmoid(b) of rows that hold `columns` values of a, then as many of b.
ROW_KERNEL(gated_linear, (IN(real, x), OUT(real, y), VALUE(uint, columns))) {
  LOCATE(x) LOCATE(y)
  const size_t offset = (size_t)ROW * columns;
  FOR_LANES(j, columns) y[offset + j] = x[2 * offset + j] * real_sigmoid(x[2 * offset + columns + j]);
}

// da = dy sigmoid(b), db = dy a sigmoid'(b).
ROW_KERNEL(gated_linear_backward, (IN(real, x), IN(real, dy), OUT(real, dx), VALUE(uint, columns))) {
  LOCATE(x) LOCATE(dy) LOCATE(dx)
  const size_t offset = (size_t)ROW * columns;
  FOR_LANES(j, columns) {
    const real a = x[2 * offset + j], b = x[2 * offset + columns + j];
    dx[2 * offset + j] = dy[offset + j] * real_sigmoid(b);
    dx[2 * offset + columns + j] = dy[offset + j] * a * sigmoid_derivative(b);
  }
}
