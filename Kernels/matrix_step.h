// Matrix instructions: C += A B for the fragments of matrix_layouts.h. MATRIX_NATIVE 1 uses the
// instruction; 0 does the same in plain OpenCL C, through local memory, so that devices without it
// show that tiles and fragments are right.

#if MATRIX_STEP == 1
// To tf32, 10 bits of fraction: to nearest, ties away from zero.
FUNCTION uint tf32_word(const float x) {
#if MATRIX_NATIVE && MATRIX_LAYOUT == 1
  uint word;
  __asm__("cvt.rna.tf32.f32 %0, %1;" : "=r"(word) : "f"(x));
  return word;
#else
  const uint bits = as_uint(x);
  return (bits & 0x7f800000u) == 0x7f800000u ? bits : (bits + 0x1000u) & ~0x1fffu;
#endif
}
#elif MATRIX_STEP == 2
// To bf16, to nearest, ties to even; a NaN stays one.
FUNCTION uint bf16_bits(const float x) {
  const uint bits = as_uint(x);
  return isnan(x) ? (bits >> 16) | 0x40u : (bits + 0x7fffu + ((bits >> 16) & 1u)) >> 16;
}
FUNCTION uint bf16_pair(const float low, const float high) {
#if MATRIX_NATIVE && MATRIX_LAYOUT == 1
  uint word;
  __asm__("cvt.rn.bf16x2.f32 %0, %1, %2;" : "=r"(word) : "f"(high), "f"(low));
  return word;
#else
  return bf16_bits(low) | bf16_bits(high) << 16;
#endif
}
#endif

#if MATRIX_STEP && MATRIX_NATIVE
#if MATRIX_LAYOUT == 1
#if MATRIX_STEP == 1
#define MATRIX_INSTRUCTION "mma.sync.aligned.m16n8k8.row.col.f32.tf32.tf32.f32"
#else
#define MATRIX_INSTRUCTION "mma.sync.aligned.m16n8k16.row.col.f32.bf16.bf16.f32"
#endif
#define MATRIX_MULTIPLY_ADD(sum, x, y)                                                                   \
  __asm__ volatile(MATRIX_INSTRUCTION " {%0, %1, %2, %3}, {%4, %5, %6, %7}, {%8, %9}, {%0, %1, %2, %3};" \
                   : "+f"((sum).s0), "+f"((sum).s1), "+f"((sum).s2), "+f"((sum).s3)                      \
                   : "r"((x).s0), "r"((x).s1), "r"((x).s2), "r"((x).s3), "r"((y).s0), "r"((y).s1))
#elif MATRIX_LAYOUT == 2 && MATRIX_STEP == 2
#define MATRIX_MULTIPLY_ADD(sum, x, y) \
  (sum) = __builtin_amdgcn_mfma_f32_16x16x16bf16_1k(as_short4(x), as_short4(y), sum, 0, 0, 0)
#elif MATRIX_LAYOUT == 2 && (defined(__gfx940__) || defined(__gfx941__) || defined(__gfx942__))
#define MATRIX_MULTIPLY_ADD(sum, x, y) \
  (sum) = __builtin_amdgcn_mfma_f32_16x16x8_xf32(as_float2(x), as_float2(y), sum, 0, 0, 0)
#elif MATRIX_LAYOUT == 2
// Without an instruction for tf32, two in float32 multiply the rounded operands: the first takes
// the words w = 0 of all lanes, the second the words w = 1.
#define MATRIX_MULTIPLY_ADD(sum, x, y)                                                                      \
  (sum) = __builtin_amdgcn_mfma_f32_16x16x4f32(                                                             \
      as_float((x).s1), as_float((y).s1),                                                                   \
      __builtin_amdgcn_mfma_f32_16x16x4f32(as_float((x).s0), as_float((y).s0), sum, 0, 0, 0), 0, 0, 0)
#elif MATRIX_LAYOUT == 3
#define MATRIX_MULTIPLY_ADD(sum, x, y) \
  (sum) = __builtin_amdgcn_wmma_f32_16x16x16_bf16_w32(as_short16(x), as_short16(y), sum)
#elif MATRIX_LAYOUT == 4
// A lane has one of the two values of k in its word.
#define MATRIX_MULTIPLY_ADD(sum, x, y)                                              \
  (sum) = intel_sub_group_bf16_bf16_matrix_mad_k16(                                 \
      as_short8(convert_ushort8((x) >> (lane % 2 * 16) & 0xffffu)), as_int8(y), sum)
#else
#define MATRIX_MULTIPLY_ADD(sum, x, y) \
  (sum) = intel_sub_group_bf16_bf16_matrix_mad_k16(as_int8(x), as_int8(y), sum)
#endif
#elif MATRIX_STEP
#define MATRIX_MULTIPLY_ADD(sum, x, y) (sum) = matrix_multiply_add(exchange, sum, x, y)
#if MATRIX_STEP == 1
#define WORD_PRODUCT(a, b, sum) fma(as_float(a), as_float(b), (sum))
#else
#define WORD_PRODUCT(a, b, sum)                             \
  fma(as_float((a) & 0xffff0000u), as_float((b) & 0xffff0000u), \
      fma(as_float((a) << 16), as_float((b) << 16), (sum)))
#endif
// Every work-item of the group must reach it. `exchange` has 8 words of k by STEP_M rows and by
// STEP_N columns for each WARP_LANES work-items.
LOCAL_FUNCTION C_FRAGMENT matrix_multiply_add(__local uint *exchange, const C_FRAGMENT c, const A_FRAGMENT a,
                                              const B_FRAGMENT b) {
  const uint item = get_local_id(0), lane = item % WARP_LANES;
  __local uint *of_a = exchange + item / WARP_LANES * (8 * (STEP_M + STEP_N)), *of_b = of_a + 8 * STEP_M;
  barrier(CLK_LOCAL_MEM_FENCE);
#define TELL_A(w) of_a[(A_ROW(lane) + A_ROW_OF(w)) * 8 + A_DEPTH(lane) + A_DEPTH_OF(w)] = a.s##w;
#define TELL_B(w) of_b[(B_COLUMN(lane) + B_COLUMN_OF(w)) * 8 + B_DEPTH(lane) + B_DEPTH_OF(w)] = b.s##w;
  if (TELLS_A(lane)) {
    EACH_ELEMENT(A_WORDS, TELL_A)
  }
  if (TELLS_B(lane)) {
    EACH_ELEMENT(B_WORDS, TELL_B)
  }
  barrier(CLK_LOCAL_MEM_FENCE);
  C_FRAGMENT sum = c;
  for (uint k = 0; k < 8; k++) {
#define ADD_PRODUCT(e)                                                  \
  sum.s##e = WORD_PRODUCT(of_a[(C_ROW(lane) + C_ROW_OF(e)) * 8 + k],    \
                          of_b[(C_COLUMN(lane) + C_COLUMN_OF(e)) * 8 + k], sum.s##e);
    EACH_ELEMENT(C_FLOATS, ADD_PRODUCT)
  }
  return sum;
}
#endif
