// What the matrix product kernels share. Options of a build: TRANSPOSE_A, TRANSPOSE_B (0 or 1); EPILOGUE (a function of
// epilogues.h) with EPILOGUE_COLUMN = 1 where its operand is a row of n values, 0 where it is an [m, n] matrix; ROW_SUMS
// where the sums of op(A) over k are wanted too (A is then transposed, and they are column sums of what is stored).
//
// `group_rows`: rows of C that a work-group takes, where that is not fixed by the build.
// C = op(A) op(B), row-major and dense: op(A) [m, k], op(B) [k, n]. Every element is summed over k in order by fused
// multiply-adds into one accumulator, so that every kernel and the CPU backend give the same bits.
#pragma OPENCL FP_CONTRACT OFF

#ifdef EPILOGUE
#define EPILOGUE_PARAMETER , __global const float *restrict operand
#if EPILOGUE_COLUMN
#define FINISHED(x, i, j) EPILOGUE((x), operand[(j)])
#else
#define FINISHED(x, i, j) EPILOGUE((x), operand[(size_t)(i) * n + (j)])
#endif
#else
#define EPILOGUE_PARAMETER
#define FINISHED(x, i, j) (x)
#endif

#ifdef ROW_SUMS
#define ROW_SUMS_PARAMETER , __global float *restrict row_sums
#else
#define ROW_SUMS_PARAMETER
#endif

#define GEMM_PARAMETERS                                                                              \
  (__global const float *restrict a, __global const float *restrict b, __global float *restrict c, \
   const uint m, const uint n, const uint k_total, const uint group_rows EPILOGUE_PARAMETER ROW_SUMS_PARAMETER)
