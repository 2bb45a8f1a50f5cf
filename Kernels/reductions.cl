// Sums in a fixed order: no atomics, so two runs give the same bits.

// Column sums of a [rows, columns] matrix over parts of `chunk` rows: sums[part, column]. A work-group takes a
// tile of 64 columns of one part; a second launch with one part adds the parts.
#define COLUMN_TILE 64
ROW_KERNEL(column_sum, (IN(real, x), OUT(real, sums), VALUE(uint, rows), VALUE(uint, columns),
                        VALUE(uint, chunk))) {
  const uint tiles = (columns + COLUMN_TILE - 1) / COLUMN_TILE;
  const uint part = (uint)ROW / tiles;
  const uint first = ((uint)ROW - part * tiles) * COLUMN_TILE;
  const uint width = columns - first < COLUMN_TILE ? columns - first : COLUMN_TILE;
  const uint begin = part * chunk;
  const uint end = rows - begin < chunk ? rows : begin + chunk;
  real accumulator[COLUMN_TILE / LANES];
  for (uint q = 0; q < COLUMN_TILE / LANES; q++) accumulator[q] = 0;
  for (uint r = begin; r < end; r++) {
    const size_t offset = (size_t)r * columns + first;
    for (uint q = 0; q < COLUMN_TILE / LANES; q++) {
      const uint k = q * LANES + (uint)LANE;
      if (k < width) accumulator[q] += x[offset + k];
    }
  }
  for (uint q = 0; q < COLUMN_TILE / LANES; q++) {
    const uint k = q * LANES + (uint)LANE;
    if (k < width) sums[(size_t)part * columns + first + k] = accumulator[q];
  }
}

// One work-group per part of `chunk` values: sums[part] = sum of the part.
ROW_KERNEL(sum, (IN(real, x), OUT(real, sums), VALUE(uint, count), VALUE(uint, chunk))) {
  GROUP_SCRATCH(scratch);
  const uint begin = (uint)ROW * chunk;
  const uint width = count - begin < chunk ? count - begin : chunk;
  LANE_SUM(partial);
  FOR_LANES_SUM(j, width) LANE_ADD(partial, x[begin + j]);
  const real total = GROUP_SUM(scratch, partial);
  if (LANE == 0) sums[ROW] = total;
}

// The same of squares: the first stage of the gradient norm.
ROW_KERNEL(sum_of_squares, (IN(real, x), OUT(real, sums), VALUE(uint, count), VALUE(uint, chunk))) {
  GROUP_SCRATCH(scratch);
  const uint begin = (uint)ROW * chunk;
  const uint width = count - begin < chunk ? count - begin : chunk;
  LANE_SUM(partial);
  FOR_LANES_SUM(j, width) LANE_ADD(partial, x[begin + j] * x[begin + j]);
  const real total = GROUP_SUM(scratch, partial);
  if (LANE == 0) sums[ROW] = total;
}
