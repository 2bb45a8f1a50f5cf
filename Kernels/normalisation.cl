// Normalisation of [rows, columns], a column a channel. Statistics belong to blocks of rows and groups of columns: batch normalisation
// has one block of all rows and a group for each column, group normalisation a block for each image. They come as sums over the `count`
// elements of a block and group, [blocks, groups]: of x, and of squared deviations from its mean.
#define NORMALISATION VALUE(uint, columns), VALUE(uint, block_rows), VALUE(uint, groups), VALUE(real, count), VALUE(real, epsilon)
#define STATISTIC(row, j) (((row) / block_rows) * groups + (j) * groups / columns)
#define RECIPROCAL_DEVIATION(at) (REAL(1.0) / REAL_SQRT(squares[at] / count + epsilon))

// (x - mean)^2, for the sum over columns that gives batch normalisation its variance.
ROW_KERNEL(squared_deviation, (IN(real, x), IN(real, sums), OUT(real, y), VALUE(uint, columns), VALUE(real, count))) {
  LOCATE(x) LOCATE(sums) LOCATE(y)
  const size_t offset = (size_t)ROW * columns;
  FOR_LANES(j, columns) {
    const real deviation = x[offset + j] - sums[j] / count;
    y[offset + j] = deviation * deviation;
  }
}

// Elements first ..< first + count of the rows of a block and group, one row behind the other; the
// rows are `stride` apart.
FUNCTION void group_elements(GLOBAL_IN(real) from, const uint stride, const uint width, const uint first, const uint count,
                             real *values) {
  uint row = first / width, column = REMAINDER(first, row, width);
  for (uint l = 0; l < count; row++, column = 0) {
    const uint run = width - column < count - l ? width - column : count - l;
    for (uint k = 0; k < run; k++) values[l + k] = from[(size_t)row * stride + column + k];
    l += run;
  }
}

// The sums of a block and a group, and the sums of its squared deviations. One row a block and group.
ROW_KERNEL(group_sums, (IN(real, x), OUT(real, sums), OUT(real, squares), VALUE(uint, columns), VALUE(uint, block_rows),
                        VALUE(uint, groups))) {
  LOCATE(x) LOCATE(sums) LOCATE(squares)
  GROUP_SCRATCH(scratch);
  const uint width = columns / groups, block = (uint)ROW / groups;
  GLOBAL_IN(real) from = x + (size_t)block * block_rows * columns + REMAINDER((uint)ROW, block, groups) * width;
  const uint count = block_rows * width, run = groups == 1 ? count : width;
  LANE_SUM(sum);
  FOR_BLOCKS(i, size, count) {
    real values[BLOCK];
    group_elements(from, columns, run, i, size, values);
    FOR_BLOCK(l, size) BLOCK_ADD(sum, l, values[l]);
  }
  const real total = GROUP_SUM(scratch, sum);
  const real mean = total / (real)count;
  LANE_SUM(square);
  FOR_BLOCKS(i, size, count) {
    real values[BLOCK];
    group_elements(from, columns, run, i, size, values);
    FOR_BLOCK(l, size) {
      const real deviation = values[l] - mean;
      BLOCK_ADD(square, l, deviation * deviation);
    }
  }
  const real deviations = GROUP_SUM(scratch, square);
  if (LANE == 0) {
    sums[ROW] = total;
    squares[ROW] = deviations;
  }
}

// y = gamma (x - mean) / sqrt(variance + epsilon).
ROW_KERNEL(normalise, (IN(real, x), IN(real, sums), IN(real, squares), IN(real, gamma), OUT(real, y), NORMALISATION)) {
  LOCATE(x) LOCATE(sums) LOCATE(squares) LOCATE(gamma) LOCATE(y)
  const size_t offset = (size_t)ROW * columns;
  FOR_LANES(j, columns) {
    const uint at = STATISTIC((uint)ROW, j);
    y[offset + j] = gamma[j] * ((x[offset + j] - sums[at] / count) * RECIPROCAL_DEVIATION(at));
  }
}

// dy (x - mean) / sqrt(variance + epsilon), whose sums over rows are the gradient of gamma.
ROW_KERNEL(normalise_product,
           (IN(real, dy), IN(real, x), IN(real, sums), IN(real, squares), OUT(real, y), NORMALISATION)) {
  LOCATE(dy) LOCATE(x) LOCATE(sums) LOCATE(squares) LOCATE(y)
  const size_t offset = (size_t)ROW * columns;
  FOR_LANES(j, columns) {
    const uint at = STATISTIC((uint)ROW, j);
    y[offset + j] = dy[offset + j] * ((x[offset + j] - sums[at] / count) * RECIPROCAL_DEVIATION(at));
  }
}

// dx = (gamma dy - a / count - xhat b / count) / sqrt(variance + epsilon) with a and b the sums of gamma dy and gamma dy xhat over the
// block and group (Ioffe & Szegedy 2015, section 3).
ROW_KERNEL(normalise_backward,
           (IN(real, dy), IN(real, x), IN(real, sums), IN(real, squares), IN(real, gamma), IN(real, first), IN(real, second),
            OUT(real, dx), NORMALISATION)) {
  LOCATE(dy) LOCATE(x) LOCATE(sums) LOCATE(squares) LOCATE(gamma) LOCATE(first) LOCATE(second) LOCATE(dx)
  const size_t offset = (size_t)ROW * columns;
  FOR_LANES(j, columns) {
    const uint at = STATISTIC((uint)ROW, j);
    const real scale = RECIPROCAL_DEVIATION(at);
    const real normal = (x[offset + j] - sums[at] / count) * scale;
    dx[offset + j] = scale * (gamma[j] * dy[offset + j] - (first[at] + normal * second[at]) / count);
  }
}

// The sums of gamma dy and of gamma dy xhat over a block and group, from dy and dy xhat. One row a block and group.
ROW_KERNEL(group_gradient_sums,
           (IN(real, dy), IN(real, product), IN(real, gamma), OUT(real, first), OUT(real, second), VALUE(uint, columns),
            VALUE(uint, block_rows), VALUE(uint, groups))) {
  LOCATE(dy) LOCATE(product) LOCATE(gamma) LOCATE(first) LOCATE(second)
  GROUP_SCRATCH(scratch);
  const uint width = columns / groups, block = (uint)ROW / groups;
  const uint start = REMAINDER((uint)ROW, block, groups) * width;
  const size_t offset = (size_t)block * block_rows * columns + start;
  const uint count = block_rows * width;
  LANE_SUM(a);
  LANE_SUM(b);
  FOR_BLOCKS(i, size, count) {
    real scales[BLOCK], gradients[BLOCK], products[BLOCK];
    group_elements(gamma + start, 0, width, i, size, scales);
    group_elements(dy + offset, columns, width, i, size, gradients);
    group_elements(product + offset, columns, width, i, size, products);
    FOR_BLOCK(l, size) {
      BLOCK_ADD(a, l, scales[l] * gradients[l]);
      BLOCK_ADD(b, l, scales[l] * products[l]);
    }
  }
  const real sum = GROUP_SUM(scratch, a);
  const real product_sum = GROUP_SUM(scratch, b);
  if (LANE == 0) {
    first[ROW] = sum;
    second[ROW] = product_sum;
  }
}

// The same of batch normalisation, whose groups are columns, from the column sums of dy and dy xhat.
KERNEL(scaled_sums, (IN(real, gamma), IN(real, sums), IN(real, products), OUT(real, first), OUT(real, second),
                     VALUE(uint, count))) {
  LOCATE(gamma) LOCATE(sums) LOCATE(products) LOCATE(first) LOCATE(second)
  FOR_ITEM(count) {
    first[ITEM] = gamma[ITEM] * sums[ITEM];
    second[ITEM] = gamma[ITEM] * products[ITEM];
  }
}

// Running mean and unbiased variance of training batches, each with the weight 1/10 (PyTorch's momentum).
KERNEL(running_statistics, (IN(real, sums), IN(real, squares), INOUT(real, mean), INOUT(real, variance), VALUE(real, rows),
                            VALUE(uint, count))) {
  LOCATE(sums) LOCATE(squares) LOCATE(mean) LOCATE(variance)
  FOR_ITEM(count) {
    const real batch_variance = squares[ITEM] / (rows > REAL(1.0) ? rows - REAL(1.0) : REAL(1.0));
    mean[ITEM] += REAL(0.1) * (sums[ITEM] / rows - mean[ITEM]);
    variance[ITEM] += REAL(0.1) * (batch_variance - variance[ITEM]);
  }
}
