// A matrix product for devices whose work-items run on vector registers of a processor: one work-item takes up to
// `group_rows` rows of a panel of 32 columns, packs DEPTH values of k of the panel (transposed where it must be) into fast
// memory, and walks down the rows in register tiles of ROWS x 32.
#define PANEL 32

#if TRANSPOSE_A
#define A_START(i, k) (a + (size_t)(k) * m + (i))
#define A_ROW(r) (r)
#define A_STEP m
#else
#define A_START(i, k) (a + (size_t)(i) * k_total + (k))
#define A_ROW(r) ((size_t)(r) * k_total)
#define A_STEP 1
#endif

#define TILE_NAME(rows) TILE_NAME_(rows)
#define TILE_NAME_(rows) tile_##rows

// C(i ..< i + rows, j ..< j + width) += A(..., k0 ..< k0 + depth) panel. The sums rest in C from one block of k to the
// next; a private copy of the tile lets its last columns be missing.
#define TILE(rows)                                                                                            \
  static inline void TILE_NAME(rows)(__global const float *a, __local const float *panel, __global float *c,  \
                                     __global const float *operand, const uint m, const uint n,               \
                                     const uint k_total, const uint i, const uint j, const uint width,        \
                                     const uint k0, const uint depth) {                                       \
    float tile[rows * PANEL];                                                                                 \
    float16 low[rows], high[rows];                                                                            \
    load_tile(tile, rows, c, n, i, j, k0 > 0 ? width : 0);                                                    \
    UNROLL(rows) for (int r = 0; r < rows; r++) low[r] = vload16(2 * r, tile), high[r] = vload16(2 * r + 1, tile); \
    __global const float *x = A_START(i, k0);                                                                 \
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

__kernel __attribute__((reqd_work_group_size(1, 1, 1))) void gemm GEMM_PARAMETERS {
  __local float panel[DEPTH * PANEL];
  const uint panels = (n + PANEL - 1) / PANEL;
  const uint group = get_group_id(0);
#ifdef ROW_SUMS
  // Work-groups behind those of the product: sums of 64 columns of A each.
  const uint tiles = panels * ((m + group_rows - 1) / group_rows);
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
  const uint j = group % panels * PANEL, begin = group / panels * group_rows;
  const uint width = min(n - j, (uint)PANEL), end = min(m, begin + group_rows);
  const uint pieces = (k_total + DEPTH - 1) / DEPTH, step = (k_total + pieces - 1) / pieces;
  for (uint k0 = 0; k0 < k_total; k0 += step) {
    const uint depth = min(step, k_total - k0);
    pack(b, panel, n, k_total, j, width, k0, depth);
    uint i = begin;
    for (; i + ROWS <= end; i += ROWS) TILE_NAME(ROWS)(a, panel, c, operand, m, n, k_total, i, j, width, k0, depth);
    for (; i + 4 <= end; i += 4) tile_4(a, panel, c, operand, m, n, k_total, i, j, width, k0, depth);
    for (; i < end; i++) tile_1(a, panel, c, operand, m, n, k_total, i, j, width, k0, depth);
  }
}
