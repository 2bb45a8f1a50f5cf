// The part of the dialect for one lane that walks a whole row: the CPU backend, and OpenCL devices that are processors. The
// 64 lane sums of a work-group are an array, added in the same order.
#ifdef ONE_LANE

#define LANE 0
#define LANES 1
#define FOR_LANES(j, columns) for (uint j = 0; j < (columns); j++)
#define GROUP_SCRATCH(scratch)
#define LANE_SUM(sum) real sum[64] = {0}
#define FOR_LANES_SUM(j, columns)                                                        \
  for (uint vae_base = 0; vae_base < (columns); vae_base += 64)                          \
    for (uint vae_lane = 0, j = vae_base, vae_width = (columns) - vae_base < 64 ? (columns) - vae_base : 64; \
         vae_lane < vae_width; vae_lane++, j++)
#define LANE_ADD(sum, value) sum[vae_lane] += (value)
#define SUM_LANES(sum, j, columns, term) FOR_LANES_SUM(j, columns) LANE_ADD(sum, term);
#define STORE_LANES(to, j, columns, value) FOR_LANES(j, columns) (to)[j] = (value);
#define GROUP_SUM(scratch, sum) total_of_lanes(sum)
#define GROUP_TOP(scratch, top) (top)
#define BLOCK 64
#define FOR_BLOCKS(first, width, columns)                                                                     \
  for (uint first = 0, width = (columns) < 64 ? (columns) : 64; first < (columns);                            \
       first += 64, width = (columns) - first < 64 ? (columns) - first : 64)
#define FOR_LINE_BLOCKS(line, first, width, lines, columns) \
  for (uint line = 0; line < (lines); line++) FOR_BLOCKS(first, width, columns)
#define FOR_BLOCK(l, width) for (uint l = 0; l < (width); l++)
#define BLOCK_ADD(sum, l, value) sum[l] += (value)
FUNCTION real total_of_lanes(const real *sum) {
  real total = 0;
  for (uint part = 0; part < 8; part++) {
    real partial = 0;
    for (uint k = 0; k < 8; k++) partial += sum[8 * part + k];
    total += partial;
  }
  return total;
}

#endif
