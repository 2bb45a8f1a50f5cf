// A matrix product for devices with many small processors: a work-group of GROUP_M x GROUP_N work-items takes a tile of
// TILE_M x TILE_N elements, TILE_K values of k at a time through local memory; a work-item holds every GROUP_M-th row and
// GROUP_N-th column of the tile in registers, so that neighbours read and write neighbouring columns. With SPLIT_K > 1 the
// work-groups of a tile share k, store partial products [SPLIT_K, m, n], and `gemm_reduce` adds them: another order of the
// sum, so other last bits.
#define ITEMS (GROUP_M * GROUP_N)
#define ROWS_EACH (TILE_M / GROUP_M)
#define COLUMNS_EACH (TILE_N / GROUP_N)

#if SPLIT_K > 1
#define RESULT(x, i, j) (x)
#else
#define RESULT(x, i, j) FINISHED(x, i, j)
#endif

__kernel __attribute__((reqd_work_group_size(ITEMS, 1, 1))) void gemm GEMM_PARAMETERS {
  LOCATE_OPERANDS
  // One more column spreads the transposed stores over the banks.
  __local float tile_a[TILE_K][TILE_M + 1], tile_b[TILE_K][TILE_N + 1];
  const uint item = get_local_id(0);
  const uint tiles_n = (n + TILE_N - 1) / TILE_N, tiles_m = (m + TILE_M - 1) / TILE_M;
  const uint tiles = tiles_m * tiles_n;
  const uint group = get_group_id(0);
#ifdef ROW_SUMS
  // Work-groups behind those of the product: the sum of one column of A each work-item.
  if (group >= tiles * SPLIT_K) {
    const uint column = (group - tiles * SPLIT_K) * ITEMS + item;
    if (column < m) {
      float sum = 0;
      for (uint k = 0; k < k_total; k++) sum += a[(size_t)k * m + column];
      row_sums[column] = sum;
    }
    return;
  }
#endif
  const uint part = group / tiles, tile = group % tiles;
  const uint i0 = tile / tiles_n * TILE_M, j0 = tile % tiles_n * TILE_N;
  const uint item_m = item / GROUP_N, item_n = item % GROUP_N;
  const uint share = (k_total + SPLIT_K - 1) / SPLIT_K;
  const uint k_begin = part * share, k_end = min(k_total, k_begin + share);
  float sums[ROWS_EACH][COLUMNS_EACH];
  UNROLL(ROWS_EACH) for (int r = 0; r < ROWS_EACH; r++)
    UNROLL(COLUMNS_EACH) for (int q = 0; q < COLUMNS_EACH; q++) sums[r][q] = 0;

  for (uint k0 = k_begin; k0 < k_end; k0 += TILE_K) {
    barrier(CLK_LOCAL_MEM_FENCE);
    // Neighbouring work-items load neighbouring addresses, whichever way the operand is stored. What lies outside is
    // -0 times 0: a sum plus -0 is that sum, even one of -0.
    for (uint e = item; e < TILE_M * TILE_K; e += ITEMS) {
#if TRANSPOSE_A
      const uint k = e / TILE_M, i = e % TILE_M;
      tile_a[k][i] = k0 + k < k_end && i0 + i < m ? a[(size_t)(k0 + k) * m + i0 + i] : -0.0f;
#else
      const uint i = e / TILE_K, k = e % TILE_K;
      tile_a[k][i] = k0 + k < k_end && i0 + i < m ? a[(size_t)(i0 + i) * k_total + k0 + k] : -0.0f;
#endif
    }
    for (uint e = item; e < TILE_N * TILE_K; e += ITEMS) {
#if TRANSPOSE_B
      const uint j = e / TILE_K, k = e % TILE_K;
      tile_b[k][j] = k0 + k < k_end && j0 + j < n ? b[(size_t)(j0 + j) * k_total + k0 + k] : 0.0f;
#else
      const uint k = e / TILE_N, j = e % TILE_N;
      tile_b[k][j] = k0 + k < k_end && j0 + j < n ? b[(size_t)(k0 + k) * n + j0 + j] : 0.0f;
#endif
    }
    barrier(CLK_LOCAL_MEM_FENCE);
    UNROLL(TILE_K) for (int k = 0; k < TILE_K; k++) {
      float x[ROWS_EACH], y[COLUMNS_EACH];
      UNROLL(ROWS_EACH) for (int r = 0; r < ROWS_EACH; r++) x[r] = tile_a[k][item_m + r * GROUP_M];
      UNROLL(COLUMNS_EACH) for (int q = 0; q < COLUMNS_EACH; q++) y[q] = tile_b[k][item_n + q * GROUP_N];
      UNROLL(ROWS_EACH) for (int r = 0; r < ROWS_EACH; r++)
        UNROLL(COLUMNS_EACH) for (int q = 0; q < COLUMNS_EACH; q++) sums[r][q] = fma(x[r], y[q], sums[r][q]);
    }
  }

  c += (size_t)part * m * n;
  UNROLL(ROWS_EACH) for (int r = 0; r < ROWS_EACH; r++) {
    UNROLL(COLUMNS_EACH) for (int q = 0; q < COLUMNS_EACH; q++) {
      const uint i = i0 + item_m + r * GROUP_M, j = j0 + item_n + q * GROUP_N;
      if (i < m && j < n) c[(size_t)i * n + j] = RESULT(sums[r][q], i, j);
    }
  }
}

#if SPLIT_K > 1
__kernel void gemm_reduce(IN(float, parts), OUT(float, c), VALUE(uint, m), VALUE(uint, n) EPILOGUE_PARAMETER) {
  LOCATE(parts) LOCATE(c) LOCATE_OPERAND
  const uint count = m * n;
  const uint e = get_global_id(0);
  if (e >= count) return;
  float sum = 0;
  for (uint part = 0; part < SPLIT_K; part++) sum += parts[(size_t)part * count + e];
  c[e] = FINISHED(sum, e / n, e % n);
}
#endif
