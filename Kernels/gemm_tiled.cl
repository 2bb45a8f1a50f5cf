// A matrix product for devices with many small processors. This text is compiled once for each kind
// of product of a program, as the function GEMM_NAME. A work-group of ITEMS work-items takes a tile
// of TILE_M x TILE_N elements of C and TILE_K values of k at a time: the next values travel from
// global memory to registers while those of the tile in local memory are multiplied, and two tiles
// take turns there, so that one barrier a round is enough.
//
// MATRIX_STEP 0: fused multiply-adds in float32. A work-item has ROWS_EACH x COLUMNS_EACH elements
// in blocks of 4 x 4, so that local memory is read four floats at a time. Every element is summed
// over k in order, in one accumulator. MATRIX_STEP 1 or 2 (tf32, bf16): matrix instructions
// (matrix_step.h). WARP_LANES work-items side by side have WARP_M x WARP_N elements. A word of local
// memory holds one value of k in tf32, two in bf16.
//
// With SPLIT_K > 1 that many work-groups share the k of a tile and store partial sums; the one that
// ends last adds them, in the order of k, so the result does not depend on which one that is. It is
// another order of the sum than with SPLIT_K 1. `parts` holds the partial sums, [SPLIT_K, tiles,
// TILE_M TILE_N], and behind them those of rows; `arrivals` counts for each tile the work-groups
// that have stored theirs, and is left at 0.
LOCAL_FUNCTION void GEMM_NAME(const uint group, __local uint *memory, GEMM_ARGUMENTS) {
  const uint item = get_local_id(0);
  const uint tiles_n = (n + TILE_N - 1) / TILE_N, tiles_m = (m + TILE_M - 1) / TILE_M;
  const uint tiles = tiles_m * tiles_n;
  const uint tile = group / SPLIT_K, part = group % SPLIT_K;
  const uint i0 = tile / tiles_n * TILE_M, j0 = tile % tiles_n * TILE_N;
  // Shares of whole tiles.
  const uint rounds = (k_total + TILE_K - 1) / TILE_K;
  const uint k_begin = (uint)((ulong)rounds * part / SPLIT_K) * TILE_K;
  const uint k_end = min(k_total, (uint)((ulong)rounds * (part + 1) / SPLIT_K) * TILE_K);
  SUM sums[SUMS];
  UNROLL(SUMS) for (uint s = 0; s < SUMS; s++) sums[s] = (SUM)(0.0f);
#if MATRIX_STEP
  const uint lane = item % WARP_LANES, warp = item / WARP_LANES;
  const uint warp_m = warp / (TILE_N / WARP_N) * WARP_M, warp_n = warp % (TILE_N / WARP_N) * WARP_N;
#else
  const uint item_m = item / GROUP_N, item_n = item % GROUP_N;
#endif
#ifdef ROW_SUMS
#if MATRIX_STEP
  float4 row_sum = (float4)(0.0f);
#else
  float row_sum[(TILE_M + ITEMS - 1) / ITEMS];
  UNROLL((TILE_M + ITEMS - 1) / ITEMS) for (uint q = 0; q < (TILE_M + ITEMS - 1) / ITEMS; q++) row_sum[q] = 0;
#endif
#endif

#if MATRIX_STEP && !MATRIX_NATIVE
  __local uint *exchange = memory + 2 * BUFFER_WORDS;
#endif
  float4 next_a[UNITS_A], next_b[UNITS_B];
  uint k_next = k_begin;
  LOAD_TILE(next_a, a, TILE_M, !TRANSPOSE_A, ALIGNED_A, i0, m, -0.0f)
  LOAD_TILE(next_b, b, TILE_N, TRANSPOSE_B, ALIGNED_B, j0, n, 0.0f)
  barrier(CLK_LOCAL_MEM_FENCE);
  STORE_TILE(next_a, memory, STRIDE_A, TILE_M, !TRANSPOSE_A)
  STORE_TILE(next_b, memory + DEPTH_WORDS * STRIDE_A, STRIDE_B, TILE_N, TRANSPOSE_B)
  barrier(CLK_LOCAL_MEM_FENCE);
  uint current = 0;
  for (uint k0 = k_begin; k0 < k_end; k0 += TILE_K) {
    __local uint *tile_a = memory + current * BUFFER_WORDS, *tile_b = tile_a + DEPTH_WORDS * STRIDE_A;
#if defined(ROW_SUMS) && MATRIX_STEP
    if (j0 == 0) UNROLL(UNITS_A) for (uint u = 0; u < UNITS_A; u++) row_sum += next_a[u];
#endif
    k_next = k0 + TILE_K;
    if (k_next < k_end) {
      LOAD_TILE(next_a, a, TILE_M, !TRANSPOSE_A, ALIGNED_A, i0, m, -0.0f)
      LOAD_TILE(next_b, b, TILE_N, TRANSPOSE_B, ALIGNED_B, j0, n, 0.0f)
    }
#if defined(ROW_SUMS) && !MATRIX_STEP
    if (j0 == 0)
      for (uint q = 0; q < (TILE_M + ITEMS - 1) / ITEMS; q++)
        if (item + q * ITEMS < TILE_M)
          for (uint k = 0; k < TILE_K; k++) row_sum[q] += as_float(tile_a[k * STRIDE_A + item + q * ITEMS]);
#endif
#if MATRIX_STEP
    __local const uint *from_a = tile_a + A_DEPTH(lane) * STRIDE_A + warp_m + A_ROW(lane);
    __local const uint *from_b = tile_b + B_DEPTH(lane) * STRIDE_B + warp_n + B_COLUMN(lane);
    UNROLL(DEPTH_WORDS / 8) for (uint k = 0; k < DEPTH_WORDS; k += 8) {
      A_FRAGMENT x[WARP_M / STEP_M];
      B_FRAGMENT y[WARP_N / STEP_N];
#define WORD_OF_A(w) from_a[(k + A_DEPTH_OF(w)) * STRIDE_A + STEP_M * r + A_ROW_OF(w)]
#define WORD_OF_B(w) from_b[(k + B_DEPTH_OF(w)) * STRIDE_B + STEP_N * q + B_COLUMN_OF(w)]
      UNROLL(WARP_M / STEP_M) for (uint r = 0; r < WARP_M / STEP_M; r++) x[r] = ELEMENTS(uint, A_WORDS, WORD_OF_A);
      UNROLL(WARP_N / STEP_N) for (uint q = 0; q < WARP_N / STEP_N; q++) y[q] = ELEMENTS(uint, B_WORDS, WORD_OF_B);
#undef WORD_OF_A
#undef WORD_OF_B
      UNROLL(WARP_M / STEP_M) for (uint r = 0; r < WARP_M / STEP_M; r++)
        UNROLL(WARP_N / STEP_N) for (uint q = 0; q < WARP_N / STEP_N; q++)
          MATRIX_MULTIPLY_ADD(sums[r * (WARP_N / STEP_N) + q], x[r], y[q]);
    }
#else
    UNROLL(TILE_K) for (uint k = 0; k < TILE_K; k++) {
      float4 x[ROWS_EACH / 4], y[COLUMNS_EACH / 4];
      UNROLL(ROWS_EACH / 4) for (uint r = 0; r < ROWS_EACH / 4; r++)
        x[r] = *(__local const float4 *)(tile_a + k * STRIDE_A + (r * (TILE_M / ROWS_EACH) + item_m) * 4);
      UNROLL(COLUMNS_EACH / 4) for (uint q = 0; q < COLUMNS_EACH / 4; q++)
        y[q] = *(__local const float4 *)(tile_b + k * STRIDE_B + (q * GROUP_N + item_n) * 4);
      UNROLL(ROWS_EACH / 4) for (uint r = 0; r < ROWS_EACH / 4; r++)
        UNROLL(COLUMNS_EACH / 4) for (uint q = 0; q < COLUMNS_EACH / 4; q++) {
          const uint s = 4 * r * (COLUMNS_EACH / 4) + q;
          sums[s] = fma((float4)(x[r].s0), y[q], sums[s]);
          sums[s + COLUMNS_EACH / 4] = fma((float4)(x[r].s1), y[q], sums[s + COLUMNS_EACH / 4]);
          sums[s + 2 * (COLUMNS_EACH / 4)] = fma((float4)(x[r].s2), y[q], sums[s + 2 * (COLUMNS_EACH / 4)]);
          sums[s + 3 * (COLUMNS_EACH / 4)] = fma((float4)(x[r].s3), y[q], sums[s + 3 * (COLUMNS_EACH / 4)]);
        }
    }
#endif
    current = 1 - current;
    if (k_next < k_end) {
      STORE_TILE(next_a, memory + current * BUFFER_WORDS, STRIDE_A, TILE_M, !TRANSPOSE_A)
      STORE_TILE(next_b, memory + current * BUFFER_WORDS + DEPTH_WORDS * STRIDE_A, STRIDE_B, TILE_N, TRANSPOSE_B)
    }
    barrier(CLK_LOCAL_MEM_FENCE);
  }

#ifdef ROW_SUMS
  // Sums of the columns of A as it is stored, by the work-groups of the first tile of columns.
  __local float *shared_sums = (__local float *)memory;
#if MATRIX_STEP
  // Several work-items have each four columns.
  *(__local float4 *)(shared_sums + 4 * item) = row_sum;
  barrier(CLK_LOCAL_MEM_FENCE);
  float4 whole = (float4)(0.0f);
  if (item < TILE_M / 4)
    for (uint q = 0; q < ITEMS; q++)
      if (q % (TILE_M / 4) == item) whole += *(__local float4 *)(shared_sums + 4 * q);
  barrier(CLK_LOCAL_MEM_FENCE);
  if (item < TILE_M / 4) *(__local float4 *)(shared_sums + 4 * item) = whole;
#else
  for (uint q = 0; q < (TILE_M + ITEMS - 1) / ITEMS; q++)
    if (item + q * ITEMS < TILE_M) shared_sums[item + q * ITEMS] = row_sum[q];
#endif
  barrier(CLK_LOCAL_MEM_FENCE);
#endif

#if SPLIT_K > 1
  const size_t parts_end = (size_t)SPLIT_K * tiles * TILE_M * TILE_N;
  __global SUM *own = (__global SUM *)parts + ((size_t)part * tiles + tile) * (SUMS * ITEMS) + item;
  UNROLL(SUMS) for (uint s = 0; s < SUMS; s++) own[s * ITEMS] = sums[s];
#ifdef ROW_SUMS
  if (j0 == 0)
    for (uint i = item; i < TILE_M; i += ITEMS)
      parts[parts_end + ((size_t)part * tiles_m + i0 / TILE_M) * TILE_M + i] = shared_sums[i];
#endif
  DEVICE_FENCE;
  barrier(CLK_LOCAL_MEM_FENCE | CLK_GLOBAL_MEM_FENCE);
  if (item == 0) memory[0] = atomic_inc(arrivals + tile);
  barrier(CLK_LOCAL_MEM_FENCE);
  const uint arrived = memory[0];
  barrier(CLK_LOCAL_MEM_FENCE);
  const int is_last = arrived == SPLIT_K - 1;
  DEVICE_FENCE;
  if (is_last) {
    if (item == 0) arrivals[tile] = 0;
    UNROLL(SUMS) for (uint s = 0; s < SUMS; s++) sums[s] = (SUM)(0.0f);
    ROLLED for (uint p = 0; p < SPLIT_K; p++) {
      __global const SUM *other = (__global const SUM *)parts + ((size_t)p * tiles + tile) * (SUMS * ITEMS) + item;
      UNROLL(SUMS) for (uint s = 0; s < SUMS; s++) sums[s] += other[s * ITEMS];
    }
  }
#ifdef ROW_SUMS
  if (is_last && j0 == 0)
    for (uint i = item; i < TILE_M && i0 + i < m; i += ITEMS) {
      float sum = 0;
      ROLLED for (uint p = 0; p < SPLIT_K; p++) sum += parts[parts_end + ((size_t)p * tiles_m + i0 / TILE_M) * TILE_M + i];
      row_sums[i0 + i] = sum;
    }
#endif
#else
  const int is_last = 1;
#ifdef ROW_SUMS
  if (j0 == 0)
    for (uint i = item; i < TILE_M && i0 + i < m; i += ITEMS) row_sums[i0 + i] = shared_sums[i];
#endif
#endif

#if MATRIX_STEP
#define STORE_SUM(e)                                                               \
  {                                                                                \
    const uint i = i0 + warp_m + STEP_M * r + C_ROW(lane) + C_ROW_OF(e);           \
    const uint j = j0 + warp_n + STEP_N * q + C_COLUMN(lane) + C_COLUMN_OF(e);     \
    if (i < m && j < n) c[(size_t)i * n + j] = FINISHED(sum.s##e, i, j);           \
  }
  UNROLL(WARP_M / STEP_M) for (uint r = 0; r < WARP_M / STEP_M; r++)
    UNROLL(WARP_N / STEP_N) for (uint q = 0; q < WARP_N / STEP_N; q++) {
      const SUM sum = sums[r * (WARP_N / STEP_N) + q];
      if (!is_last) continue;
      EACH_ELEMENT(C_FLOATS, STORE_SUM)
    }
#undef STORE_SUM
#else
  UNROLL(ROWS_EACH) for (uint r = 0; r < ROWS_EACH; r++)
    UNROLL(COLUMNS_EACH / 4) for (uint q = 0; q < COLUMNS_EACH / 4; q++) {
      const uint i = i0 + (r / 4 * (TILE_M / ROWS_EACH) + item_m) * 4 + r % 4, j = j0 + (q * GROUP_N + item_n) * 4;
      const float4 sum = sums[r * (COLUMNS_EACH / 4) + q];
      if (!is_last || i >= m || j >= n) continue;
      if (ALIGNED_C || j + 3 < n) {
        const float4 x = (float4)(FINISHED(sum.s0, i, j), FINISHED(sum.s1, i, j + 1), FINISHED(sum.s2, i, j + 2),
                                  FINISHED(sum.s3, i, j + 3));
        if (ALIGNED_C) *(__global float4 *)(c + (size_t)i * n + j) = x;
        else vstore4(x, 0, c + (size_t)i * n + j);
      } else {
        c[(size_t)i * n + j] = FINISHED(sum.s0, i, j);
        if (j + 1 < n) c[(size_t)i * n + j + 1] = FINISHED(sum.s1, i, j + 1);
        if (j + 2 < n) c[(size_t)i * n + j + 2] = FINISHED(sum.s2, i, j + 2);
      }
    }
#endif
}
