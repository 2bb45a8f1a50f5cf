// The product of packed bf16 operands (bf16.h) by fused multiply-adds of float32.
#ifndef VAE_BF16_PLAIN_H
#define VAE_BF16_PLAIN_H

#include "bf16_pack.h"
#include "fused.h"

#ifndef LEVEL_WIDE
VAE_DEFINE_FUSED(v16, 16)
#endif

// `height` rows by one or two panels of columns: for each pair of k the even value, then the odd
// one.
INLINE void some_rows(const bf16_block *o, const bf16 *a, const bf16 *b, float *c, const int height, const int columns) {
  v16 sum[8][2];
  UNROLL for (int i = 0; i < height; i++) {
    UNROLL for (int v = 0; v < columns; v++)
      sum[i][v] = o->accumulate ? *(const v16 *)(c + (size_t)i * o->ldc + v * SIDE) : (v16){0};
  }
  for (size_t t = 0; t < o->tiles; t++) {
    for (size_t pair = 0; pair < DEPTH / 2; pair++) {
      v16 even[2], odd[2];
      UNROLL for (int v = 0; v < columns; v++) {
        const w16 two = *(const w16 *)(b + (size_t)v * o->panel + t * TILE + pair * 2 * SIDE);
        even[v] = (v16)(two << 16), odd[v] = (v16)(two & 0xffff0000);
      }
      UNROLL for (int i = 0; i < height; i++) {
        const w16 two = *(const uint32_t *)(a + t * TILE + (size_t)i * DEPTH + 2 * pair) - (w16){0};
        const v16 x = (v16)(two << 16), y = (v16)(two & 0xffff0000);
        UNROLL for (int v = 0; v < columns; v++) {
          fused_v16(&x, &even[v], &sum[i][v]);
          fused_v16(&y, &odd[v], &sum[i][v]);
        }
      }
    }
  }
  UNROLL for (int i = 0; i < height; i++) {
    UNROLL for (int v = 0; v < columns; v++) *(v16 *)(c + (size_t)i * o->ldc + v * SIDE) = sum[i][v];
  }
}

INLINE void plain_block(const bf16_block *o, const int height, const int columns) {
  for (int i = 0; i < SIDE * o->rows; i += height) {
    const bf16 *a = o->a + (size_t)(i / SIDE) * o->panel + (size_t)(i % SIDE) * DEPTH;
    float *c = o->c + (size_t)i * o->ldc;
    if (columns == 2 && o->columns == 2) {
      some_rows(o, a, o->b, c, height, 2);
      continue;
    }
    for (int v = 0; v < o->columns; v++) some_rows(o, a, o->b + (size_t)v * o->panel, c + v * SIDE, height, 1);
  }
}

#ifdef LEVEL_WIDE
__attribute__((min_vector_width(512))) static void run_bf16(const bf16_block *o) { plain_block(o, 8, 2); }
#else
static void run_bf16(const bf16_block *o) { plain_block(o, 4, 1); }
#endif

#endif
