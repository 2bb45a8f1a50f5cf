// What the products for devices with many small processors share (gemm_tiled.cl). Once for a
// program: MATRIX_STEP, how tiles are multiplied, MATRIX_LAYOUT and MATRIX_NATIVE (matrix_step.h).
#define GEMM_ARGUMENTS                                                                                             \
  GLOBAL_IN(float) a, GLOBAL_IN(float) b, GLOBAL(float) c, const uint m, const uint n, const uint k_total,         \
      GLOBAL_IN(float) operand, GLOBAL(float) row_sums, GLOBAL(float) parts, volatile __global uint *arrivals

// Four neighbouring values of a row from `column` on. Aligned: both are multiples of 4, and so is
// the address.
FUNCTION float4 gemm_load4(GLOBAL_IN(float) from, const uint column, const uint columns, const float outside,
                           const int aligned) {
  if (aligned) return column < columns ? *(__global const float4 *)from : (float4)(outside);
  if (column + 3 < columns) return vload4(0, from);
  return (float4)(column < columns ? from[0] : outside, column + 1 < columns ? from[1] : outside,
                  column + 2 < columns ? from[2] : outside, outside);
}

#define PAIR (MATRIX_STEP == 2 ? 2 : 1)
#define DEPTH_WORDS (TILE_K / PAIR)
#define STRIDE_A (TILE_M + (MATRIX_STEP ? 8 : 4))
#define STRIDE_B (TILE_N + (MATRIX_STEP ? 8 : 4))
#define BUFFER_WORDS (DEPTH_WORDS * (STRIDE_A + STRIDE_B))
#if MATRIX_STEP
#define SUM C_FRAGMENT
#define SUMS (WARP_M / STEP_M * (WARP_N / STEP_N))
#else
#define SUM float4
#define GROUP_N (TILE_N / COLUMNS_EACH)
#define SUMS (ROWS_EACH * COLUMNS_EACH / 4)
#endif
// Four neighbouring values of an operand, of as many rows of k as a word holds.
// Gives a work-item both rows of a pair where rows of a tile do not have k first.
#define ROWS_TOGETHER(k_first) ((k_first) ? 1 : PAIR)
#define UNITS_OF(tile, k_first)                                          \
  (((tile) * TILE_K / 4 / ROWS_TOGETHER(k_first) + ITEMS - 1) / ITEMS *  \
   ROWS_TOGETHER(k_first))
#define UNITS_A UNITS_OF(TILE_M, !TRANSPOSE_A)
#define UNITS_B UNITS_OF(TILE_N, TRANSPOSE_B)

// The unit e of a tile: where it lies. With k first, units go along k; else along m or n, and the
// two rows of a pair follow each other.
#define UNIT_PLACE(e, tile, k_first)                                                                   \
  const uint of_row = (k_first) ? TILE_K / 4 : (tile) / 4;                                             \
  const uint row_of_unit = (k_first) ? (e) / of_row : (e) / (of_row * PAIR) * PAIR + (e) % PAIR;       \
  const uint place_in_row = ((k_first) ? (e) % of_row : (e) / PAIR % of_row) * 4;                      \
  const uint i = (k_first) ? row_of_unit : place_in_row, k = (k_first) ? place_in_row : row_of_unit;

// Fills elements outside a matrix with -0 in A and 0 in B: a sum plus -0 is that sum, even one of
// -0.
#define LOAD_TILE(units, source, tile, k_first, aligned, begin, extent, outside)                       \
  UNROLL(UNITS_OF(tile, k_first)) for (uint u = 0; u < UNITS_OF(tile, k_first); u++) {                 \
    const uint e = UNIT_OF_ITEM(u, tile, k_first);                                                     \
    UNIT_PLACE(e, tile, k_first)                                                                       \
    const uint row = (k_first) ? (begin) + i : k_next + k, rows = (k_first) ? (extent) : k_end;        \
    const uint column = (k_first) ? k_next + k : (begin) + i, columns = (k_first) ? k_end : (extent);  \
    const size_t at = (size_t)row * ((k_first) ? k_total : (extent)) + column;                         \
    units[u] = row < rows && k < TILE_K ? gemm_load4(source + at, column, columns, outside, aligned) \
                                        : (float4)(outside);                                           \
  }
// Neighbouring work-items take neighbouring units; in pairs, a work-item takes both rows of a unit.
#define UNIT_OF_ITEM(u, tile, k_first) \
  ((k_first) || PAIR == 1 ? item + (u) * ITEMS : (item + (u) / 2 * ITEMS) * 2 + (u) % 2)

#if MATRIX_STEP == 2
#define STORE_TILE(units, to, stride, tile, k_first)                                                   \
  UNROLL(UNITS_OF(tile, k_first)) for (uint u = 0; u < UNITS_OF(tile, k_first); u++) {                 \
    const uint e = UNIT_OF_ITEM(u, tile, k_first);                                                     \
    UNIT_PLACE(e, tile, k_first)                                                                       \
    if (k >= TILE_K || i >= (tile)) continue;                                                          \
    if (k_first) {                                                                                     \
      (to)[k / 2 * (stride) + i] = bf16_pair(units[u].s0, units[u].s1);                                \
      (to)[(k / 2 + 1) * (stride) + i] = bf16_pair(units[u].s2, units[u].s3);                          \
    } else if (u % 2 == 0) {                                                                           \
      const float4 low = units[u], high = units[u + 1 < UNITS_OF(tile, k_first) ? u + 1 : u];          \
      *(__local uint4 *)((to) + k / 2 * (stride) + i) =                                                \
          (uint4)(bf16_pair(low.s0, high.s0), bf16_pair(low.s1, high.s1), bf16_pair(low.s2, high.s2),  \
                  bf16_pair(low.s3, high.s3));                                                         \
    }                                                                                                  \
  }
#else
#if MATRIX_STEP == 1
#define WORD(x) tf32_word(x)
#else
#define WORD(x) as_uint(x)
#endif
#define STORE_TILE(units, to, stride, tile, k_first)                                                   \
  UNROLL(UNITS_OF(tile, k_first)) for (uint u = 0; u < UNITS_OF(tile, k_first); u++) {                 \
    const uint e = UNIT_OF_ITEM(u, tile, k_first);                                                     \
    UNIT_PLACE(e, tile, k_first)                                                                       \
    if (k >= TILE_K || i >= (tile)) continue;                                                          \
    const uint4 words = (uint4)(WORD(units[u].s0), WORD(units[u].s1), WORD(units[u].s2), WORD(units[u].s3)); \
    if (k_first) {                                                                                     \
      (to)[k * (stride) + i] = words.s0;                                                               \
      (to)[(k + 1) * (stride) + i] = words.s1;                                                         \
      (to)[(k + 2) * (stride) + i] = words.s2;                                                         \
      (to)[(k + 3) * (stride) + i] = words.s3;                                                         \
    } else {                                                                                           \
      *(__local uint4 *)((to) + k * (stride) + i) = words;                                             \
    }                                                                                                  \
  }
#endif

