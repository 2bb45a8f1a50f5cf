// The shapes of matrix instructions: WARP_LANES work-items side by side multiply A [STEP_M, 8 words] by
// B [8 words, STEP_N] and add to C [STEP_M, STEP_N], a word being one value of k in tf32 or two
// neighbouring ones in bf16. A lane has A_WORDS, B_WORDS and C_FLOATS elements. Its
// word w of A is that of row A_ROW(lane) + A_ROW_OF(w) and of the word A_DEPTH(lane) +
// A_DEPTH_OF(w) of k: what depends on w is a constant offset of a load. B and C are told likewise.
// TELLS_A and TELLS_B are 0 for lanes that have copies of what another one has.
//
// 1: NVIDIA's mma.sync m16n8k8 (tf32) and m16n8k16 (bf16), compute capability 8.0 and later (PTX
//    ISA, "Matrix fragments for mma").
// 2: AMD's v_mfma_f32_16x16x16_bf16, v_mfma_f32_16x16x8_xf32 or two v_mfma_f32_16x16x4_f32, CDNA2
//    and later (AMD Matrix Instruction Calculator).
// 3: AMD's v_wmma_f32_16x16x16_bf16 in waves of 32, RDNA3 (the same source).
// 4, 5: Intel's intel_sub_group_bf16_bf16_matrix_mad_k16 in sub-groups of 16 and of 8 (extension
//    cl_intel_subgroup_matrix_multiply_accumulate).

#if MATRIX_LAYOUT == 1
#define WARP_LANES 32
#define STEP_M 16
#define STEP_N 8
#define A_WORDS 4
#define B_WORDS 2
#define C_FLOATS 4
#define A_ROW(lane) ((lane) / 4)
#define A_ROW_OF(w) ((w) % 2 * 8)
#define A_DEPTH(lane) ((lane) % 4)
#define A_DEPTH_OF(w) ((w) / 2 * 4)
#define B_COLUMN(lane) ((lane) / 4)
#define B_COLUMN_OF(w) 0
#define B_DEPTH(lane) ((lane) % 4)
#define B_DEPTH_OF(w) ((w) * 4)
#define C_ROW(lane) ((lane) / 4)
#define C_ROW_OF(w) ((w) / 2 * 8)
#define C_COLUMN(lane) ((lane) % 4 * 2)
#define C_COLUMN_OF(w) ((w) % 2)
#elif MATRIX_LAYOUT == 2
#define WARP_LANES 64
#define STEP_M 16
#define STEP_N 16
#define A_WORDS 2
#define B_WORDS 2
#define C_FLOATS 4
#define A_ROW(lane) ((lane) % 16)
#define A_ROW_OF(w) 0
#define A_DEPTH(lane) ((lane) / 16 * 2)
#define A_DEPTH_OF(w) (w)
#define B_COLUMN(lane) ((lane) % 16)
#define B_COLUMN_OF(w) 0
#define B_DEPTH(lane) ((lane) / 16 * 2)
#define B_DEPTH_OF(w) (w)
#define C_ROW(lane) ((lane) / 16 * 4)
#define C_ROW_OF(w) (w)
#define C_COLUMN(lane) ((lane) % 16)
#define C_COLUMN_OF(w) 0
#elif MATRIX_LAYOUT == 3
#define WARP_LANES 32
#define STEP_M 16
#define STEP_N 16
#define A_WORDS 8
#define B_WORDS 8
#define C_FLOATS 8
#define A_ROW(lane) ((lane) % 16)
#define A_ROW_OF(w) 0
#define A_DEPTH(lane) 0
#define A_DEPTH_OF(w) (w)
#define B_COLUMN(lane) ((lane) % 16)
#define B_COLUMN_OF(w) 0
#define B_DEPTH(lane) 0
#define B_DEPTH_OF(w) (w)
#define C_ROW(lane) ((lane) / 16)
#define C_ROW_OF(w) ((w) * 2)
#define C_COLUMN(lane) ((lane) % 16)
#define C_COLUMN_OF(w) 0
#define TELLS_A(lane) ((lane) < 16)
#define TELLS_B(lane) ((lane) < 16)
#elif MATRIX_LAYOUT == 4 || MATRIX_LAYOUT == 5
#define WARP_LANES (MATRIX_LAYOUT == 4 ? 16 : 8)
#define STEP_M 8
#define STEP_N WARP_LANES
#define A_WORDS 8
#define B_WORDS 8
#define C_FLOATS 8
#define A_ROW(lane) 0
#define A_ROW_OF(w) (w)
#define A_DEPTH(lane) ((lane) / (WARP_LANES / 8))
#define A_DEPTH_OF(w) 0
#define B_COLUMN(lane) (lane)
#define B_COLUMN_OF(w) 0
#define B_DEPTH(lane) 0
#define B_DEPTH_OF(w) (w)
#define C_ROW(lane) 0
#define C_ROW_OF(w) (w)
#define C_COLUMN(lane) (lane)
#define C_COLUMN_OF(w) 0
#define TELLS_A(lane) ((lane) % (WARP_LANES / 8) == 0)
#endif

#if MATRIX_STEP
#ifndef TELLS_A
#define TELLS_A(lane) 1
#endif
#ifndef TELLS_B
#define TELLS_B(lane) 1
#endif

// Vectors of a lane's elements, and the vector of f(0), f(1), ... .
#define VECTOR_OF(type, count) VECTOR_PASTED(type, count)
#define VECTOR_PASTED(type, count) type##count
#define ELEMENTS(type, count, f) ELEMENTS_PASTED(type, count, f)
#define ELEMENTS_PASTED(type, count, f) (type##count)(ELEMENTS_##count(f))
#define ELEMENTS_2(f) f(0), f(1)
#define ELEMENTS_4(f) f(0), f(1), f(2), f(3)
#define ELEMENTS_8(f) ELEMENTS_4(f), f(4), f(5), f(6), f(7)
// Takes f(0), f(1), ... as statements.
#define EACH_ELEMENT(count, f) EACH_PASTED(count, f)
#define EACH_PASTED(count, f) EACH_##count(f)
#define EACH_2(f) f(0) f(1)
#define EACH_4(f) EACH_2(f) f(2) f(3)
#define EACH_8(f) EACH_4(f) f(4) f(5) f(6) f(7)

#define A_FRAGMENT VECTOR_OF(uint, A_WORDS)
#define B_FRAGMENT VECTOR_OF(uint, B_WORDS)
#define C_FRAGMENT VECTOR_OF(float, C_FLOATS)
#endif
