// A matrix product for devices whose work-items run on vector registers of a processor (Goto & van de Geijn 2008). One
// work-item takes `group_rows` rows of PANELS panels of columns. It packs DEPTH values of k of its panels, and of a transposed
// A blocks of BLOCK_ROWS rows, into fast memory, and walks down the rows in register tiles of ROWS rows and two vectors.
// Options of a build beside those of gemm.h: ROWS, VECTOR (16 or 8 floats), DEPTH, PANELS.
// No `restrict` but on the kernel: on inlined functions it makes an instruction that Oclgrind does not know.

#define JOIN_(a, b) a##b
#define JOIN(a, b) JOIN_(a, b)
#define vector JOIN(float, VECTOR)
#define LOAD JOIN(vload, VECTOR)
#define STORE JOIN(vstore, VECTOR)
#define PANEL (2 * VECTOR)

// Where element (r, k) of a tile's rows of op(A) is, from its first one.
#if TRANSPOSE_A
#define A_SPACE __local
#define A_ROW(r, stride) (r)
#define A_STEP ROWS
#define BLOCK_ROWS (ROWS * (256 / ROWS))
#else
#define A_SPACE __global
#define A_ROW(r, stride) ((size_t)(r) * (stride))
#define A_STEP 1
#define BLOCK_ROWS rows_each
#endif

// Columns from `width` on become 0.
static inline void load_row(float *row, __global const float *c, const uint width) {
  if (width == PANEL)
    STORE(LOAD(0, c), 0, row), STORE(LOAD(1, c), 1, row);
  else
    for (uint q = 0; q < PANEL; q++) row[q] = q < width ? c[q] : 0.0f;
}

static inline void store_row(const float *row, __global float *c, __global const float *operand, const uint n,
                             const uint i, const uint j, const uint width, const bool last) {
  __global float *sums = c + (size_t)i * n + j;
  if (width < PANEL) {
    for (uint q = 0; q < width; q++) sums[q] = last ? FINISHED(row[q], i, j + q) : row[q];
  } else if (last) {
    for (uint q = 0; q < PANEL; q++) sums[q] = FINISHED(row[q], i, j + q);
  } else {
    STORE(LOAD(0, row), 0, sums), STORE(LOAD(1, row), 1, sums);
  }
}

// One value of k: a column of op(A) at x, a row of the panel at y.
#define STEP(rows, x, y)                                        \
  {                                                             \
    const vector b0 = LOAD(0, y), b1 = LOAD(1, y);              \
    UNROLL(rows) for (int r = 0; r < rows; r++) {               \
      const vector element = (vector)((x)[A_ROW(r, k_total)]);  \
      low[r] = fma(element, b0, low[r]);                        \
      high[r] = fma(element, b1, high[r]);                      \
    }                                                           \
  }

// C(i ..< i + rows, j ..< j + width) += A(..., k0 ..< k0 + depth) panel. The sums rest in C from one block of k to the next;
// `last` says that this one is the last, and the epilogue is due. Rows are read and written through an array by loops that
// are not unrolled: that costs a tile once per block of k, and makes a third of the code to compile.
#define TILE(rows)                                                                                              \
  LOCAL_FUNCTION void JOIN(tile_, rows)(A_SPACE const float *x, __local const float *panel,                     \
                                        __global float *c, __global const float *operand,                       \
                                        const uint n, const uint k_total, const uint i, const uint j,           \
                                        const uint width, const uint depth, const bool first, const bool last) {\
    vector low[rows], high[rows];                                                                               \
    float tile[rows * PANEL];                                                                                   \
    UNROLL(rows) for (int r = 0; r < rows; r++) low[r] = 0, high[r] = 0;                                        \
    if (!first) {                                                                                               \
      UNROLL(1) for (int r = 0; r < rows; r++) load_row(tile + r * PANEL, c + (size_t)(i + r) * n + j, width);  \
      UNROLL(rows) for (int r = 0; r < rows; r++) low[r] = LOAD(2 * r, tile), high[r] = LOAD(2 * r + 1, tile);  \
    }                                                                                                           \
    uint k = 0;                                                                                                 \
    for (; k + 2 <= depth; k += 2, x += 2 * A_STEP, panel += 2 * PANEL) {                                       \
      STEP(rows, x, panel)                                                                                      \
      STEP(rows, x + A_STEP, panel + PANEL)                                                                     \
    }                                                                                                           \
    if (k < depth) STEP(rows, x, panel)                                                                         \
    UNROLL(rows) for (int r = 0; r < rows; r++) STORE(low[r], 2 * r, tile), STORE(high[r], 2 * r + 1, tile);    \
    UNROLL(1) for (int r = 0; r < rows; r++)                                                                    \
      store_row(tile + r * PANEL, c, operand, n, i + r, j, width, last);                                        \
  }

TILE(ROWS)
TILE(4)
TILE(1)

// `depth` values of k of op(B)'s columns j ..< j + width, the rest of the panel 0.
LOCAL_FUNCTION void pack_columns(__global const float *b, __local float *panel, const uint n, const uint k_total,
                                 const uint j, const uint width, const uint k0, const uint depth) {
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
    if (width == PANEL)
      STORE(LOAD(0, x), 0, panel + k * PANEL), STORE(LOAD(1, x), 1, panel + k * PANEL);
    else
      for (uint q = 0; q < width; q++) panel[k * PANEL + q] = x[q];
  }
#endif
}

#if TRANSPOSE_A
// `depth` values of k of `rows` rows of op(A), tile after tile. Tiles side by side make longer runs of memory.
#define PACK_TILES(tiles)                                                                    \
  for (; r + tiles * ROWS <= rows; r += tiles * ROWS)                                        \
    for (uint k = 0; k < depth; k++) {                                                       \
      __global const float *x = a + (size_t)(k0 + k) * m + i + r;                            \
      __local float *out = packed + r * depth + k * ROWS;                                    \
      UNROLL(tiles) for (uint t = 0; t < tiles; t++)                                         \
        UNROLL(ROWS) for (uint q = 0; q < ROWS; q++) out[t * depth * ROWS + q] = x[t * ROWS + q]; \
    }
LOCAL_FUNCTION void pack_rows(__global const float *a, __local float *packed, const uint m, const uint i, const uint rows,
                              const uint k0, const uint depth) {
  uint r = 0;
  PACK_TILES(4)
  PACK_TILES(1)
  for (uint k = 0; r < rows && k < depth; k++)
    for (uint q = r; q < rows; q++) packed[r * depth + k * ROWS + q - r] = a[(size_t)(k0 + k) * m + i + q];
}
#endif

#ifdef ROW_SUMS
// Sums of up to 64 columns of A.
static inline void sum_columns(__global const float *a, __global float *row_sums, const uint m,
                               const uint k_total, const uint first) {
  const uint count = min(m - first, 64u);
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
}
#endif

__kernel __attribute__((reqd_work_group_size(1, 1, 1))) void gemm GEMM_PARAMETERS {
  LOCATE_OPERANDS
  __local float panels[PANELS][DEPTH * PANEL];
#if TRANSPOSE_A
  __local float block[DEPTH * BLOCK_ROWS];
#endif
#ifndef EPILOGUE
  __global const float *operand = 0;
#endif
  // Equal shares for every work-group: runtimes hand out halves.
  const uint panel_count = (n + PANEL - 1) / PANEL;
  const uint column_groups = (panel_count + PANELS - 1) / PANELS, row_groups = (m + group_rows - 1) / group_rows;
  const uint columns = (panel_count + column_groups - 1) / column_groups * PANEL;
  const uint rows_each = ((m + row_groups - 1) / row_groups + ROWS - 1) / ROWS * ROWS;
  const uint group = get_group_id(0);
#ifdef ROW_SUMS
  for (uint first = group * 64; first < m; first += column_groups * row_groups * 64)
    sum_columns(a, row_sums, m, k_total, first);
#endif
  const uint j0 = min(n, group % column_groups * columns), j1 = min(n, j0 + columns);
  const uint i0 = min(m, group / column_groups * rows_each), i1 = min(m, i0 + rows_each);
  const uint pieces = (k_total + DEPTH - 1) / DEPTH, step = (k_total + pieces - 1) / pieces;
  for (uint k0 = 0; k0 < k_total; k0 += step) {
    const uint depth = min(step, k_total - k0);
    const bool first = k0 == 0, last = k0 + depth == k_total;
    for (uint j = j0; j < j1; j += PANEL)
      pack_columns(b, panels[(j - j0) / PANEL], n, k_total, j, min(j1 - j, (uint)PANEL), k0, depth);
    for (uint begin = i0; begin < i1; begin += BLOCK_ROWS) {
      const uint end = min(i1, begin + BLOCK_ROWS);
#if TRANSPOSE_A
      pack_rows(a, block, m, begin, end - begin, k0, depth);
#endif
      for (uint i = begin; i < end;) {
        const uint rows = end - i >= ROWS ? ROWS : (end - i >= 4 ? 4 : 1);
#if TRANSPOSE_A
        A_SPACE const float *x = block + (i - begin) / ROWS * depth * ROWS + (i - begin) % ROWS;
#else
        A_SPACE const float *x = a + (size_t)i * k_total + k0;
#endif
        for (uint j = j0; j < j1; j += PANEL) {
          __local const float *panel = panels[(j - j0) / PANEL];
          const uint width = min(j1 - j, (uint)PANEL);
          if (rows == ROWS)
            JOIN(tile_, ROWS)(x, panel, c, operand, n, k_total, i, j, width, depth, first, last);
          else if (rows == 4)
            tile_4(x, panel, c, operand, n, k_total, i, j, width, depth, first, last);
          else
            tile_1(x, panel, c, operand, n, k_total, i, j, width, depth, first, last);
        }
        i += rows;
      }
    }
  }
}
