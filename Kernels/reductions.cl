// Sums in a fixed order: no atomics, so two runs give the same bits.

// Column sums of a [rows, columns] matrix over parts of `chunk` rows: sums[part, column]. A work-group takes a
// tile of 64 columns of one part; a second launch with one part adds the parts. `add` adds some rows from row r on, in order.
#define COLUMN_TILE 64
#define COLUMN_SUMS(add, f)                                                           \
  const uint tiles = (columns + COLUMN_TILE - 1) / COLUMN_TILE;                       \
  const uint part = (uint)ROW / tiles;                                                \
  const uint first = ((uint)ROW - part * tiles) * COLUMN_TILE;                        \
  const uint width = columns - first < COLUMN_TILE ? columns - first : COLUMN_TILE;   \
  const uint begin = part * chunk;                                                    \
  const uint end = rows - begin < chunk ? rows : begin + chunk;                       \
  real accumulator[COLUMN_TILE / LANES];                                              \
  for (uint q = 0; q < COLUMN_TILE / LANES; q++) accumulator[q] = 0;                  \
  uint r = begin;                                                                     \
  for (; end - r >= ROWS_AT_ONCE; r += ROWS_AT_ONCE) FOR_COLUMNS add(ROWS_AT_ONCE, f) \
  for (; r < end; r++) FOR_COLUMNS add(1, f)                                          \
  FOR_COLUMNS sums[(size_t)part * columns + first + k] = accumulator[q];
#ifdef ONE_LANE
// Selects without a condition, because SSE has no masks for vectors.
#define FOR_COLUMNS for (uint q = 0, k = 0; q < width; q++, k++)
#else
#define FOR_COLUMNS                                                                   \
  for (uint q = 0, k = (uint)LANE; q < COLUMN_TILE / LANES; q++, k += LANES)          \
    if (k < width)
#endif

// The elements of several rows are all read before the first is used, so that the reads of a lane overlap.
#define ROWS_AT_ONCE 8
#define FOR_ROWS(count) UNROLL(count) for (uint i = 0; i < count; i++)
#define ELEMENT(matrix) matrix[(size_t)(r + i) * columns + first + k]
#define ADD_STORED(count, f)                                                          \
  {                                                                                   \
    real values[count];                                                               \
    FOR_ROWS(count) values[i] = ELEMENT(x);                                           \
    FOR_ROWS(count) accumulator[q] += values[i];                                      \
  }
#define ADD_GRADIENTS(count, f)                                                       \
  {                                                                                   \
    real values[count], sources[count];                                               \
    FOR_ROWS(count) values[i] = ELEMENT(x);                                           \
    FOR_ROWS(count) sources[i] = ELEMENT(source);                                     \
    FOR_ROWS(count) values[i] = f(values[i], sources[i]);                             \
    FOR_ROWS(count) ELEMENT(x) = values[i];                                           \
    FOR_ROWS(count) accumulator[q] += values[i];                                      \
  }

ROW_KERNEL(column_sum, (IN(real, x), OUT(real, sums), VALUE(uint, rows), VALUE(uint, columns),
                        VALUE(uint, chunk))) {
  LOCATE(x) LOCATE(sums)
  COLUMN_SUMS(ADD_STORED, identity)
}

// x = x f'(source) in place, and its column sums.
#define COLUMN_SUM_AFTER(f)                                                                                  \
  ROW_KERNEL(column_sum_after_##f, (INOUT(real, x), IN(real, source), OUT(real, sums), VALUE(uint, rows),    \
                                    VALUE(uint, columns), VALUE(uint, chunk))) {                             \
    LOCATE(x) LOCATE(source) LOCATE(sums)                                                                    \
    COLUMN_SUMS(ADD_GRADIENTS, f##_of)                                                                       \
  }
COLUMN_SUM_AFTER(relu_gradient)
COLUMN_SUM_AFTER(leaky_relu_gradient)
COLUMN_SUM_AFTER(tanh_activation_gradient)
COLUMN_SUM_AFTER(sigmoid_gradient)
COLUMN_SUM_AFTER(softplus_gradient)
COLUMN_SUM_AFTER(gelu_gradient)

// One work-group per part of `chunk` values: sums[part] = sum of the part.
ROW_KERNEL(sum, (IN(real, x), OUT(real, sums), VALUE(uint, count), VALUE(uint, chunk))) {
  LOCATE(x) LOCATE(sums)
  GROUP_SCRATCH(scratch);
  const uint begin = (uint)ROW * chunk;
  const uint width = count - begin < chunk ? count - begin : chunk;
  LANE_SUM(partial);
  SUM_LANES(partial, j, width, x[begin + j])
  const real total = GROUP_SUM(scratch, partial);
  if (LANE == 0) sums[ROW] = total;
}

// The same of squares, and behind all parts those of scaled values where the squares left the range of real (`scale_of_squares`): the
// first stage of the gradient norm.
ROW_KERNEL(sum_of_squares, (IN(real, x), OUT(real, sums), VALUE(uint, count), VALUE(uint, chunk))) {
  LOCATE(x) LOCATE(sums)
  GROUP_SCRATCH(scratch);
  const uint begin = (uint)ROW * chunk;
  const uint width = count - begin < chunk ? count - begin : chunk;
  LANE_SUM(partial);
  SUM_LANES(partial, j, width, x[begin + j] * x[begin + j])
  const real total = GROUP_SUM(scratch, partial);
  const real scale = scale_of_squares(total);
  const uint again = scale == REAL(1.0) ? 0 : width;
  LANE_SUM(rest);
  FOR_LANES_SUM(j, again) LANE_ADD(rest, (scale * x[begin + j]) * (scale * x[begin + j]));
  const real scaled = GROUP_SUM(scratch, rest);
  if (LANE == 0) {
    sums[ROW] = total;
    sums[(count + chunk - 1) / chunk + (uint)ROW] = scaled;
  }
}

// The moments of w = softmax(x) of each row: t = max_j x_j, ln S with S = sum_j e^(x_j - t), and sum_j w_j (x_j - t). The entropy of w is
// the second less the third, ln sum_j e^x_j is t + ln S. Plus 0 makes one zero of both, whichever a
// lane meets first.
ROW_KERNEL(softmax_moments, (IN(real, x), OUT(real, y), VALUE(uint, columns))) {
  LOCATE(x) LOCATE(y)
  GROUP_SCRATCH(scratch);
  const size_t offset = (size_t)ROW * columns;
  real highest = x[offset];
  FOR_LANES(j, columns) highest = x[offset + j] > highest ? x[offset + j] : highest;
  const real top = GROUP_TOP(scratch, highest) + REAL(0.0);
  LANE_SUM(sum);
  LANE_SUM(distances);
  FOR_LANES_SUM(j, columns) {
    const real distance = x[offset + j] - top;
    const real weight = real_exp(distance);
    LANE_ADD(sum, weight);
    LANE_ADD(distances, weight > REAL(0.0) ? weight * distance : weight);
  }
  const real total = GROUP_SUM(scratch, sum);
  const real mean = GROUP_SUM(scratch, distances) / total;
  if (LANE == 0) {
    y[3 * (size_t)ROW] = top;
    y[3 * (size_t)ROW + 1] = real_log(total);
    y[3 * (size_t)ROW + 2] = mean;
  }
}
