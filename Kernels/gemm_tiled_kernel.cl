// One product as a kernel of its own.
#ifdef HAS_OPERAND
#define OPERAND_PARAMETER , IN(float, operand)
#define LOCATE_OPERAND LOCATE(operand)
#define OPERAND operand
#else
#define OPERAND_PARAMETER
#define LOCATE_OPERAND
#define OPERAND a
#endif
#ifdef ROW_SUMS
#define ROW_SUMS_PARAMETER , OUT(float, row_sums)
#define LOCATE_ROW_SUMS LOCATE(row_sums)
#define ROW_SUMS_ARGUMENT row_sums
#else
#define ROW_SUMS_PARAMETER
#define LOCATE_ROW_SUMS
#define ROW_SUMS_ARGUMENT c
#endif
#if SPLIT_K > 1
#define PARTS_PARAMETER , OUT(float, parts), OUT(uint, arrivals)
#define LOCATE_PARTS LOCATE(parts) LOCATE(arrivals)
#define PARTS_ARGUMENTS parts, arrivals
#else
#define PARTS_PARAMETER
#define LOCATE_PARTS
#define PARTS_ARGUMENTS c, (__global uint *)c
#endif

__kernel __attribute__((reqd_work_group_size(ITEMS, 1, 1))) SUB_GROUPS void gemm(
    IN(float, a), IN(float, b), OUT(float, c), VALUE(uint, m), VALUE(uint, n),
    VALUE(uint, k_total) OPERAND_PARAMETER ROW_SUMS_PARAMETER PARTS_PARAMETER) {
  LOCATE(a) LOCATE(b) LOCATE(c) LOCATE_OPERAND LOCATE_ROW_SUMS LOCATE_PARTS
  __local uint4 memory[MEMORY_WORDS / 4];
  GEMM_NAME(get_group_id(0), (__local uint *)memory, a, b, c, m, n, k_total, OPERAND, ROW_SUMS_ARGUMENT,
            PARTS_ARGUMENTS);
}
