// A matrix product for devices whose work-items run on vector registers of a processor: one work-item takes up to
// `group_rows` rows of a panel of 32 columns, packs DEPTH values of k of the panel (transposed where it must be) into fast
// memory, and walks down the rows in register tiles of ROWS x 32.
#define PANEL 32

// A work-group takes PANELS panels at a time. Where the rows of a transposed A lie far apart in memory there are several,
// and a tile's rows are packed, too.
#define PACKS_A (TRANSPOSE_A && PANELS > 1)
#if PACKS_A
#define A_SPACE __local
#define A_ROW(r) (r)
#define A_STEP ROWS
#elif TRANSPOSE_A
#define A_SPACE __global
#define A_ROW(r) (r)
#define A_STEP m
#else
#define A_SPACE __global
#define A_ROW(r) ((size_t)(r) * k_total)
#define A_STEP 1
#endif

#define TILE_NAME(rows) TILE_NAME_(rows)
#define TILE_NAME_(rows) tile_##rows

// C(i ..< i + rows, j ..< j + width) += A(..., k0 ..< k0 + depth) panel; x is where that part of A begins. The sums rest in C from one block of k to the
// next; a private copy of the tile lets its last columns be missing.
#define TILE(rows)                                                                                            \
  static inline void TILE_NAME(rows)(A_SPACE const float *x, __local const float *panel, __global float *c,   \
                                     __global const float *operand, const uint m, const uint n,               \
                                     const uint k_total, const uint i, const uint j, const uint width,        \
                                     const uint k0, const uint depth) {                                       \
    float tile[rows * PANEL];                                                                                 \
    float16 low[rows], high[rows];                                                                            \
    load_tile(tile, rows, c, n, i, j, k0 > 0 ? width : 0);                                                    \
    UNROLL(rows) for (int r = 0; r < rows; r++) low[r] = vload16(2 * r, tile), high[r] = vload16(2 * r + 1, tile); \
    for (uint k = 0; k < depth; k++) {                                                                        \
      const float16 b0 = vload16(0, panel + k * PANEL), b1 = vload16(1, panel + k * PANEL);                   \
      UNROLL(rows) for (int r = 0; r < rows; r++) {                                                           \
        const float16 element = (float16)(x[A_ROW(r)]);                                                       \
        low[r] = fma(element, b0, low[r]);                                                                    \
        high[r] = fma(element, b1, high[r]);                                                                  \
      }                                                                                                       \
      x += A_STEP;                                                                                            \
    }                                                                                                         \
    UNROLL(rows) for (int r = 0; r < rows; r++) vstore16(low[r], 2 * r, tile), vstore16(high[r], 2 * r + 1, tile); \
    if (k0 + depth == k_total)                                                                                \
      finish_tile(tile, rows, c, operand, n, i, j, width);                                                    \
    else                                                                                                      \
      store_tile(tile, rows, c, n, i, j, width);                                                              \
  }

// Columns from `width` on become 0.
static inline void load_tile(float *tile, const int rows, __global const float *c, const uint n, const uint i, const uint j,
                             const uint width) {
  for (int r = 0; r < rows; r++)
    for (uint q = 0; q < PANEL; q++) tile[r * PANEL + q] = q < width ? c[(size_t)(i + r) * n + j + q] : 0.0f;
}
static inline void store_tile(const float *tile, const int rows, __global float *c, const uint n, const uint i,
                              const uint j, const uint width) {
  for (int r = 0; r < rows; r++)
    for (uint q = 0; q < width; q++) c[(size_t)(i + r) * n + j + q] = tile[r * PANEL + q];
}
static inline void finish_tile(const float *tile, const int rows, __global float *c, __global const float *operand,
                               const uint n, const uint i, const uint j, const uint width) {
  for (int r = 0; r < rows; r++)
    for (uint q = 0; q < width; q++)
      c[(size_t)(i + r) * n + j + q] = FINISHED(tile[r * PANEL + q], i + r, j + q);
}

TILE(ROWS)
TILE(4)
TILE(1)

// `depth` values of k of op(B)'s columns j ..< j + width, the rest of the panel 0.
static inline void pack(__global const float *b, __local float *panel, const uint n, const uint k_total, const uint j,
                        const uint width, const uint k0, const uint depth) {
  if (width < PANEL)
    for (uint q = 0; q < depth * PANEL; q++) panel[q] = 0.0f;
#if TRANSPOSE_B
  uint k = 0;
  for (; k + 16 <= depth; k += 16) {
    uint q = 0;
    for (; q + 4 <= width; q += 4) {
      __global const float *x = b + (size_t)(j + q) * k_total + k0 + k;
      const float16 r0 = vload16(0, x), r1 = vload16(0, x + k_total);
      const float16 r2 = vload16(0, x + 2 * (size_t)k_total), r3 = vload16(0, x + 3 * (size_t)k_total);
      __local float *out = panel + k * PANEL + q;
#define COLUMN(e, at) vstore4((float4)(r0.s##e, r1.s##e, r2.s##e, r3.s##e), 0, out + at * PANEL);
      COLUMN(0, 0) COLUMN(1, 1) COLUMN(2, 2) COLUMN(3, 3) COLUMN(4, 4) COLUMN(5, 5) COLUMN(6, 6) COLUMN(7, 7)
      COLUMN(8, 8) COLUMN(9, 9) COLUMN(a, 10) COLUMN(b, 11) COLUMN(c, 12) COLUMN(d, 13) COLUMN(e, 14) COLUMN(f, 15)
    }
    for (; q < width; q++)
      for (uint p = k; p < k + 16; p++) panel[p * PANEL + q] = b[(size_t)(j + q) * k_total + k0 + p];
  }
  for (; k < depth; k++)
    for (uint q = 0; q < width; q++) panel[k * PANEL + q] = b[(size_t)(j + q) * k_total + k0 + k];
#else
  for (uint k = 0; k < depth; k++) {
    __global const float *x = b + (size_t)(k0 + k) * n + j;
    if (width == PANEL) {
      vstore16(vload16(0, x), 0, panel + k * PANEL);
      vstore16(vload16(1, x), 1, panel + k * PANEL);
    } else {
      for (uint q = 0; q < width; q++) panel[k * PANEL + q] = x[q];
    }
  }
#endif
}

#if PACKS_A
// `depth` times `rows` values of op(A), ROWS apart.
static inline void pack_rows(__global const float *x, __local float *packed, const uint m, const uint rows,
                             const uint depth) {
  if (rows == ROWS) {
    for (uint k = 0; k < depth; k++)
      UNROLL(ROWS) for (uint r = 0; r < ROWS; r++) packed[k * ROWS + r] = x[(size_t)k * m + r];
  } else {
    for (uint k = 0; k < depth; k++)
      for (uint r = 0; r < rows; r++) packed[k * ROWS + r] = x[(size_t)k * m + r];
  }
}
#endif

__kernel __attribute__((reqd_work_group_size(1, 1, 1))) void gemm GEMM_PARAMETERS {
  __local float panels[PANELS][DEPTH * PANEL];
#if PACKS_A
  __local float rows_of_a[DEPTH * ROWS];
#endif
  const uint columns = PANELS * PANEL, column_groups = (n + columns - 1) / columns;
  const uint group = get_group_id(0);
#ifdef ROW_SUMS
  // Work-groups behind those of the product: sums of 64 columns of A each.
  const uint tiles = column_groups * ((m + group_rows - 1) / group_rows);
  if (group >= tiles) {
    const uint first = (group - tiles) * 64, count = min(m - first, 64u);
    float sums[64];
    for (uint q = 0; q < 64; q++) sums[q] = 0;
    for (uint k = 0; k < k_total; k++) {
      __global const float *x = a + (size_t)k * m + first;
      if (count == 64)
        for (uint q = 0; q < 64; q++) sums[q] += x[q];
      else
        for (uint q = 0; q < count; q++) sums[q] += x[q];
    }
    for (uint q = 0; q < count; q++) row_sums[first + q] = sums[q];
    return;
  }
#endif
#ifndef EPILOGUE
  __global const float *operand = 0;
#endif
  const uint j0 = group % column_groups * columns, j1 = min(n, j0 + columns);
  const uint begin = group / column_groups * group_rows, end = min(m, begin + group_rows);
  const uint pieces = (k_total + DEPTH - 1) / DEPTH, step = (k_total + pieces - 1) / pieces;
  for (uint k0 = 0; k0 < k_total; k0 += step) {
    const uint depth = min(step, k_total - k0);
    for (uint j = j0; j < j1; j += PANEL)
      pack(b, panels[(j - j0) / PANEL], n, k_total, j, min(j1 - j, (uint)PANEL), k0, depth);
    for (uint i = begin; i < end;) {
      const uint rows = end - i >= ROWS ? ROWS : (end - i >= 4 ? 4 : 1);
#if PACKS_A
      A_SPACE const float *x = rows_of_a;
      pack_rows(a + (size_t)k0 * m + i, rows_of_a, m, rows, depth);
#elif TRANSPOSE_A
      A_SPACE const float *x = a + (size_t)k0 * m + i;
#else
      A_SPACE const float *x = a + (size_t)i * k_total + k0;
#endif
      for (uint j = j0; j < j1; j += PANEL) {
        __local const float *panel = panels[(j - j0) / PANEL];
        const uint width = min(j1 - j, (uint)PANEL);
        if (rows == ROWS)
          TILE_NAME(ROWS)(x, panel, c, operand, m, n, k_total, i, j, width, k0, depth);
        else if (rows == 4)
          tile_4(x, panel, c, operand, m, n, k_total, i, j, width, k0, depth);
        else
          tile_1(x, panel, c, operand, m, n, k_total, i, j, width, k0, depth);
      }
      i += rows;
    }
  }
}
