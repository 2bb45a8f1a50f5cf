// The register tiles of the float32 matrix product: a tile of C stays in vector registers while k runs.
#ifndef VAE_FP32_TILE_H
#define VAE_FP32_TILE_H

#include "fp32.h"
#include "fused.h"

#define K_STEP 4 // values of k between two moves of pointers

// A register tile of `rows` x (`vectors` * WIDTH); these and `packed` are constants where this is inlined. Row i of op(A)
// lies at a[i / 3] + i % 3 * row: few pointers to move and no sums of addresses, which would take the units of the products.
#define DEFINE_TILE(V, WIDTH, ROWS)                                                                 \
  INLINE void steps_##V(const int rows, const int vectors, const int packed, const int count,       \
                        const float *const *a, size_t row, const float *panel, V (*sum)[2]) {       \
    UNROLL for (int k = 0; k < count; k++) {                                                        \
      V b[2];                                                                                       \
      UNROLL for (int v = 0; v < vectors; v++) b[v] = *(const V *)(panel + (2 * k + v) * WIDTH);    \
      UNROLL for (int i = 0; i < rows; i++) {                                                       \
        const float *x = packed ? a[0] + k * ROWS + i : a[i / 3] + (size_t)(i % 3) * row + k;       \
        const V all = *x - (V){0};                                                                  \
        UNROLL for (int v = 0; v < vectors; v++) fused_##V(&all, &b[v], &sum[i][v]);                \
      }                                                                                             \
    }                                                                                               \
  }                                                                                                 \
  INLINE void move_##V(const int rows, const int packed, const int count, const float **a) {        \
    UNROLL for (int q = 0; q < (packed ? 1 : (rows + 2) / 3); q++) {                                \
      a[q] += packed ? count * ROWS : count;                                                        \
      __asm__("" : "+r"(a[q])); /* a pointer of its own, not another's plus a difference */         \
    }                                                                                               \
  }                                                                                                 \
  INLINE void tile_##V(const int rows, const int vectors, const int packed, const fp32_tile *o,      \
                       float *c, size_t ldc) {                                                      \
    V sum[ROWS][2];                                                                                 \
    UNROLL for (int i = 0; i < rows; i++) {                                                         \
      UNROLL for (int v = 0; v < vectors; v++)                                                      \
        sum[i][v] = o->accumulate ? *(const V *)(c + (size_t)i * ldc + v * WIDTH) : (V){0};         \
    }                                                                                               \
    const float *a[4], *panel = o->panel;                                                           \
    const size_t row = o->row, depth = o->depth;                                                    \
    UNROLL for (int q = 0; q < 4; q++) a[q] = o->a + (size_t)q * 3 * row;                           \
    size_t k = 0;                                                                                   \
    for (; k + K_STEP <= depth; k += K_STEP, panel += K_STEP * 2 * WIDTH) {                         \
      steps_##V(rows, vectors, packed, K_STEP, a, row, panel, sum);                                 \
      move_##V(rows, packed, K_STEP, a);                                                            \
    }                                                                                               \
    for (; k < depth; k++, panel += 2 * WIDTH) {                                                    \
      steps_##V(rows, vectors, packed, 1, a, row, panel, sum);                                      \
      move_##V(rows, packed, 1, a);                                                                 \
    }                                                                                               \
    UNROLL for (int i = 0; i < rows; i++) {                                                         \
      UNROLL for (int v = 0; v < vectors; v++)                                                      \
        *(V *)(c + (size_t)i * ldc + v * WIDTH) = sum[i][v];                                        \
    }                                                                                               \
  }
#define CASE(V, n)                                                            \
  case n:                                                                     \
    if (o->packed)                                                            \
      vectors == 2 ? tile_##V(n, 2, 1, o, c, ldc) : tile_##V(n, 1, 1, o, c, ldc); \
    else                                                                      \
      vectors == 2 ? tile_##V(n, 2, 0, o, c, ldc) : tile_##V(n, 1, 0, o, c, ldc); \
    break;

// A tile in place, or through a buffer where its last vector is not full.
#define DEFINE_KERNEL(NAME, V, WIDTH, ROWS, ATTRIBUTE, CASES)                                       \
  ATTRIBUTE static void NAME(const fp32_tile *o) {                                                   \
    float edge[ROWS * 2 * WIDTH];                                                                   \
    const size_t bytes = sizeof(float) * (size_t)o->columns;                                        \
    const int vectors = o->columns > WIDTH ? 2 : 1;                                                 \
    const int ragged = o->columns != vectors * WIDTH;                                               \
    float *c = ragged ? edge : o->c;                                                                \
    const size_t ldc = ragged ? 2 * WIDTH : o->ldc;                                                 \
    if (ragged) memset(edge, 0, sizeof edge);                                                       \
    for (int i = 0; ragged && o->accumulate && i < o->rows; i++)                                    \
      memcpy(edge + i * 2 * WIDTH, o->c + (size_t)i * o->ldc, bytes);                               \
    switch (o->rows) { CASES }                                                                      \
    for (int i = 0; ragged && i < o->rows; i++)                                                     \
      memcpy(o->c + (size_t)i * o->ldc, edge + i * 2 * WIDTH, bytes);                               \
  }
#define SIX(V) CASE(V, 1) CASE(V, 2) CASE(V, 3) CASE(V, 4) CASE(V, 5) CASE(V, 6)
#define TWELVE(V) SIX(V) CASE(V, 7) CASE(V, 8) CASE(V, 9) CASE(V, 10) CASE(V, 11) CASE(V, 12)

// 24 accumulators in 32 registers of 512 bits; 12 in 16 of 256 bits, or two registers of 128 bits
// for each.
#ifdef LEVEL_WIDE
VAE_DEFINE_FUSED(v16, 16)
DEFINE_TILE(v16, 16, 12)
DEFINE_KERNEL(fp32_run, v16, 16, 12, __attribute__((min_vector_width(512))), TWELVE(v16))
#define FP32_KERNEL {fp32_run, 12, 32}
#else
VAE_DEFINE_FUSED(v8, 8)
DEFINE_TILE(v8, 8, 6)
DEFINE_KERNEL(fp32_run, v8, 8, 6, , SIX(v8))
#define FP32_KERNEL {fp32_run, 6, 16}
#endif

#endif
