// Matrix instructions: C [16, 8] += A [16, 8 words] B [8 words, 8] by 32 work-items side by side, a
// word being one value in tf32 or two neighbouring values of k in bf16. Lane l = 4 g + t has
//   A: words (g, t), (g + 8, t), (g, t + 4), (g + 8, t + 4)     B: words (t, g), (t + 4, g)
//   C: (g, 2 t), (g, 2 t + 1), (g + 8, 2 t), (g + 8, 2 t + 1)
// which is the layout of NVIDIA's mma.sync m16n8k8 and m16n8k16 (PTX ISA, "Matrix fragments for
// mma"). MATRIX_NATIVE 1 uses that instruction; 0 does the same in plain OpenCL C, through local
// memory, so that devices without it show that tiles and fragments are right.

#if MATRIX_STEP == 1
// To tf32, 10 bits of fraction: to nearest, ties away from zero.
FUNCTION uint tf32_word(const float x) {
#if MATRIX_NATIVE == 1
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
#if MATRIX_NATIVE == 1
  uint word;
  __asm__("cvt.rn.bf16x2.f32 %0, %1, %2;" : "=r"(word) : "f"(high), "f"(low));
  return word;
#else
  return bf16_bits(low) | bf16_bits(high) << 16;
#endif
}
#endif

#if MATRIX_NATIVE == 1
#if MATRIX_STEP == 1
#define MATRIX_INSTRUCTION "mma.sync.aligned.m16n8k8.row.col.f32.tf32.tf32.f32"
#else
#define MATRIX_INSTRUCTION "mma.sync.aligned.m16n8k16.row.col.f32.bf16.bf16.f32"
#endif
#define MATRIX_EXCHANGE_WORDS 0
#define MATRIX_MULTIPLY_ADD(sum, x, y)                                                                   \
  __asm__ volatile(MATRIX_INSTRUCTION " {%0, %1, %2, %3}, {%4, %5, %6, %7}, {%8, %9}, {%0, %1, %2, %3};" \
                   : "+f"((sum).s0), "+f"((sum).s1), "+f"((sum).s2), "+f"((sum).s3)                      \
                   : "r"((x).s0), "r"((x).s1), "r"((x).s2), "r"((x).s3), "r"((y).s0), "r"((y).s1))
#else
#define MATRIX_EXCHANGE_WORDS (6 * ITEMS)
#define MATRIX_MULTIPLY_ADD(sum, x, y) (sum) = matrix_multiply_add(exchange, sum, x, y)
#if MATRIX_STEP == 1
#define WORD_PRODUCT(a, b, sum) fma(as_float(a), as_float(b), (sum))
#else
#define WORD_PRODUCT(a, b, sum)                             \
  fma(as_float((a) & 0xffff0000u), as_float((b) & 0xffff0000u), \
      fma(as_float((a) << 16), as_float((b) << 16), (sum)))
#endif
// Every work-item of the group must reach it. `exchange` has 6 words for each.
LOCAL_FUNCTION float4 matrix_multiply_add(__local uint *exchange, const float4 c, const uint4 a, const uint2 b) {
  const uint item = get_local_id(0);
  barrier(CLK_LOCAL_MEM_FENCE);
  vstore4(a, 0, exchange + 6 * item);
  vstore2(b, 0, exchange + 6 * item + 4);
  barrier(CLK_LOCAL_MEM_FENCE);
  __local const uint *warp = exchange + item / 32 * 32 * 6;
  const uint row = item % 32 / 4, column = item % 4 * 2;
  float4 sum = c;
  for (uint k = 0; k < 8; k++) {
    __local const uint *from_a = warp + (row * 4 + k % 4) * 6 + k / 4 * 2;
    __local const uint *from_b = warp + (column * 4 + k % 4) * 6 + 4 + k / 4;
    const uint a_low = from_a[0], a_high = from_a[1], b_left = from_b[0], b_right = from_b[24];
    sum = (float4)(WORD_PRODUCT(a_low, b_left, sum.s0), WORD_PRODUCT(a_low, b_right, sum.s1),
                   WORD_PRODUCT(a_high, b_left, sum.s2), WORD_PRODUCT(a_high, b_right, sum.s3));
  }
  return sum;
}
#endif
