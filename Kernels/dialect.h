// The kernel dialect, OpenCL side. Every kernel in this folder is written once and compiled three times:
// as OpenCL C for devices (this header), as vectorised C for the CPU backend and as float64 C for the
// reference (both: Sources/CKernels/cpu_dialect.h). Plain macros only: OpenCL C has no variadic ones.
//
//   KERNEL(name, (IN(real, x), OUT(real, y), VALUE(uint, count)))   one item per element, index ITEM
//   ROW_KERNEL(name, (...))                                         one work-group per row, index ROW;
//                                                                   LANES lanes share the row's columns
// The body begins with LOCATE(x) for every array x among the parameters: an argument is a whole
// buffer and the place of the array in it. (Sub-buffers would spare the place, but NVIDIA's driver
// crashes when some that overlap are released.)
// Every backend computes the same bits: each rounding is written out (no contraction; MULTIPLY_ADD is one fused
// operation), and a sum over the columns of a row has one order: 64 lane sums (columns l, l + 64, ... in lane l), then
// 8 sums of 8 lanes, then their sum. A row sum is written
//   LANE_SUM(s); FOR_LANES_SUM(j, columns) LANE_ADD(s, term of j); real total = GROUP_SUM(scratch, s);
// and SUM_LANES(s, j, columns, term of j) is the same loop for a short term.
// The body of an item kernel is FOR_ITEM(count) { ... }; `count` is its last VALUE.
#pragma OPENCL FP_CONTRACT OFF
#define real float
#define REAL(x) x##f

#define IN(type, name) __global const type *restrict name, const ulong name##_place
#define OUT(type, name) __global type *restrict name, const ulong name##_place
#define INOUT(type, name) __global type *restrict name, const ulong name##_place
#define LOCATE(name) name = (__global void *)((__global char *)name + name##_place);
#define VALUE(type, name) const type name
#define GLOBAL(type) __global type *
#define GLOBAL_IN(type) __global const type *

#define FUNCTION static inline
// A function that takes local memory. Always inlined: a compiler that finds every call to have the
// same array may put the array itself into the function, and PoCL 3.1 then makes it one array of all
// threads.
#define LOCAL_FUNCTION static inline __attribute__((always_inline))
// In front of a loop with a constant number of rounds inside another loop: only then can the outer one become vectors.
#define UNROLL(count) __attribute__((opencl_unroll_hint(count)))

#define ROW get_group_id(0)

#ifdef ONE_LANE

// For devices whose work-items are the vector loops of a processor (ONE_LANE is then an option of the build): one
// work-item walks a row (one_lane.h) or 1024 items.
#define KERNEL(name, parameters) __kernel void name parameters
#define ROW_KERNEL(name, parameters) \
  __kernel __attribute__((reqd_work_group_size(1, 1, 1))) void name parameters
#define ITEM vae_item
#define ITEMS_EACH 1024
// Blocks of random numbers that are drawn together (random.h).
#define BLOCKS_AT_ONCE 16
#define ROLLED
#define FOR_ITEM(count)                                                                         \
  for (size_t vae_item = get_global_id(0) * ITEMS_EACH,                                         \
              vae_end = min(vae_item + ITEMS_EACH, (size_t)(count)); vae_item < vae_end; vae_item++)

#else

// Every work-group has LANES work-items. The compiler then need not reserve registers for larger
// ones.
#ifdef ONE_ITEM
// For processors whose compiler makes vectors of neighbouring work-items and not of loops (ONE_ITEM
// is then the size of a work-group, and an option of the build): no loop over items.
#define KERNEL(name, parameters) \
  __kernel __attribute__((reqd_work_group_size(ONE_ITEM, 1, 1))) void name parameters
#define FOR_ITEM(count) \
  for (size_t vae_item = get_global_id(0), vae_once = 1; vae_once && vae_item < (count); vae_once = 0)
#else
#define KERNEL(name, parameters) ROW_KERNEL(name, parameters)
#define FOR_ITEM(count) \
  OVERLAPPED for (size_t vae_item = get_global_id(0); vae_item < (count); vae_item += get_global_size(0))
#endif
#define ROW_KERNEL(name, parameters) \
  __kernel __attribute__((reqd_work_group_size(LANES, 1, 1))) void name parameters
// A work-item takes every get_global_size(0)-th item: a device needs longer to begin a work-group
// than to do one item each. On GPUs the reads of several rounds are under way at once. (Loops over
// the columns of a row become slower by that on an H200.)
#if defined(NVIDIA) || defined(AMD)
#define OVERLAPPED UNROLL(4)
#else
#define OVERLAPPED
#endif
#define ITEM vae_item
#define LANE get_local_id(0)
#define LANES 64
#define BLOCKS_AT_ONCE 1
// Keeps a loop rolled whose unrolled rounds would take more registers than there are.
#define ROLLED UNROLL(1)
// Columns LANE, LANE + LANES, ... of a row.
#define FOR_LANES(j, columns) for (uint j = (uint)LANE; j < (columns); j += LANES)
#define LANE_SUM(sum) real sum = 0
#define FOR_LANES_SUM(j, columns) FOR_LANES(j, columns)
#define LANE_ADD(sum, value) sum += (value)
#define GROUP_SUM(scratch, sum) group_sum(scratch, sum)
// Computes `value` for each column j of a row and does `statement` with vae_value and vae_column, in
// the order of FOR_LANES_SUM; `count` values are computed before the first is used.
#define FOR_VALUES(count, j, columns, value, statement)                                 \
  {                                                                                     \
    uint vae_at = (uint)LANE;                                                           \
    for (; vae_at + (count - 1) * LANES < (columns); vae_at += count * LANES) {         \
      real vae_values[count];                                                           \
      UNROLL(count) for (uint vae_q = 0; vae_q < count; vae_q++) {                      \
        const uint j = vae_at + vae_q * LANES;                                          \
        vae_values[vae_q] = (value);                                                    \
      }                                                                                 \
      UNROLL(count) for (uint vae_q = 0; vae_q < count; vae_q++) {                      \
        const uint vae_column = vae_at + vae_q * LANES;                                 \
        const real vae_value = vae_values[vae_q];                                       \
        statement;                                                                      \
      }                                                                                 \
    }                                                                                   \
    for (; vae_at < (columns); vae_at += LANES) {                                       \
      const uint j = vae_at, vae_column = j;                                            \
      const real vae_value = (value);                                                   \
      statement;                                                                        \
    }                                                                                   \
  }
// Adds a term of each column j of a row.
#define SUM_LANES(sum, j, columns, term) FOR_VALUES(8, j, columns, term, sum += vae_value)
// Stores a value for each column j of a row.
#define STORE_LANES(to, j, columns, value) FOR_VALUES(4, j, columns, value, (to)[vae_column] = vae_value)
// The largest of the values of the lanes; the first one that is not a number stays.
#define GROUP_TOP(scratch, top) group_top(scratch, top)
// The same columns in blocks that a lane takes at once, for work with a loop inside: arrays have BLOCK elements, of which
// `width` are used; BLOCK_ADD(sum, l, value) adds the value of element l. The order of the sum is that of FOR_LANES_SUM.
#define BLOCK 1
#define FOR_BLOCKS(first, width, columns) for (uint first = (uint)LANE, width = 1; first < (columns); first += LANES)
#define FOR_BLOCK(l, width) for (uint l = 0; l < (width); l++)
// Blocks of the columns of several lines, which the lanes share as one.
#define FOR_LINE_BLOCKS(line, first, width, lines, columns)                                                        \
  for (uint vae_at = (uint)LANE, line = vae_at / (columns), first = vae_at - line * (columns), width = 1;          \
       line < (lines); vae_at += LANES, line = vae_at / (columns), first = vae_at - line * (columns))
#define BLOCK_ADD(sum, l, value) sum += (value)

// Every lane must reach a group sum. The barrier in front lets one scratch array serve several sums.
#define GROUP_SCRATCH(scratch) __local real scratch[LANES]
LOCAL_FUNCTION real group_sum(__local real *scratch, const real value) {
  barrier(CLK_LOCAL_MEM_FENCE);
  scratch[LANE] = value;
  barrier(CLK_LOCAL_MEM_FENCE);
  real partial = 0;
  if (LANE < 8) {
    const uint first = (uint)LANE * 8;
    for (uint k = 0; k < 8; k++) partial += scratch[first + k];
  }
  barrier(CLK_LOCAL_MEM_FENCE);
  if (LANE < 8) scratch[LANE] = partial;
  barrier(CLK_LOCAL_MEM_FENCE);
  real sum = 0;
  for (uint k = 0; k < 8; k++) sum += scratch[k];
  return sum;
}
LOCAL_FUNCTION real group_top(__local real *scratch, const real value) {
  barrier(CLK_LOCAL_MEM_FENCE);
  scratch[LANE] = value;
  barrier(CLK_LOCAL_MEM_FENCE);
  real top = scratch[0];
  for (uint k = 1; k < LANES; k++) top = scratch[k] > top ? scratch[k] : top;
  return top;
}

#endif

#define BITS_TO_REAL(x) as_float(x)
#define REAL_TO_BITS(x) as_uint(x)
#define MULTIPLY_HIGH(a, b) ((uint)(((ulong)(uint)(a) * (ulong)(uint)(b)) >> 32))
#define REAL_SQRT(x) sqrt(x)
#define MULTIPLY_ADD(a, b, c) fma((a), (b), (c))
