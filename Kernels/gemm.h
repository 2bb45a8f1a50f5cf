// What the matrix product kernels share. Options of a build: TRANSPOSE_A, TRANSPOSE_B (0 or 1); EPILOGUE (a function of
// epilogues.h) with EPILOGUE_COLUMN = 1 where its operand is a row of n values, 0 where it is an [m, n] matrix; ROW_SUMS
// where the sums of op(A) over k are wanted too (A is then transposed, and they are column sums of what is stored).
//
// `group_rows`: rows of C that a work-group takes, where that is not fixed by the build.
// C = op(A) op(B), row-major and dense: op(A) [m, k], op(B) [k, n]. Every element is summed over k in order by fused
// multiply-adds into one accumulator, so that every kernel and the CPU backend give the same bits.
#pragma OPENCL FP_CONTRACT OFF

#ifdef EPILOGUE
#define EPILOGUE_PARAMETER , IN(float, operand)
#define LOCATE_OPERAND LOCATE(operand)
#if EPILOGUE_COLUMN
#define FINISHED(x, i, j) EPILOGUE((x), operand[(j)])
#else
#define FINISHED(x, i, j) EPILOGUE((x), operand[(size_t)(i) * n + (j)])
#endif
#else
#define EPILOGUE_PARAMETER
#define LOCATE_OPERAND
#define FINISHED(x, i, j) (x)
#endif

#ifdef ROW_SUMS
#define ROW_SUMS_PARAMETER , OUT(float, row_sums)
#define LOCATE_ROW_SUMS LOCATE(row_sums)
#else
#define ROW_SUMS_PARAMETER
#define LOCATE_ROW_SUMS
#endif

#define GEMM_PARAMETERS                                                                              \
  (IN(float, a), IN(float, b), OUT(float, c), VALUE(uint, m), VALUE(uint, n), VALUE(uint, k_total),  \
   VALUE(uint, group_rows) EPILOGUE_PARAMETER ROW_SUMS_PARAMETER)
#define LOCATE_OPERANDS LOCATE(a) LOCATE(b) LOCATE(c) LOCATE_OPERAND LOCATE_ROW_SUMS
