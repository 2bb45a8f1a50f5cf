// Rounding to bfloat16 while an operand is packed: to nearest, ties to even. Infinities stay, NaN
// stays NaN; a subnormal number becomes zero of its sign, as VCVTNE2PS2BF16 has it and as the
// instructions that multiply would read it.
#ifndef VAE_BF16_PACK_H
#define VAE_BF16_PACK_H

#include <string.h>

#include "bf16.h"

typedef uint32_t w16 __attribute__((vector_size(64), aligned(4)));
typedef uint16_t h16 __attribute__((vector_size(32), aligned(2)));
typedef uint16_t h32 __attribute__((vector_size(64), aligned(2)));

// 32 values of which the first half lies at `low`, the second at `high`.
typedef void rounding(const float *low, const float *high, h32 *rounded);

#define FIRST_8 0, 1, 2, 3, 4, 5, 6, 7
#define THIRD_8 16, 17, 18, 19, 20, 21, 22, 23

INLINE void round_16(const float *x, h16 *rounded) {
  const w16 u = *(const w16 *)x, magnitude = u & 0x7fffffff;
  const w16 nearest = u + 0x7fff + (u >> 16 & 1);
  const w16 is_nan = (w16)(magnitude > 0x7f800000), is_small = (w16)(magnitude < 0x00800000);
  // A NaN may have all of its bits in the lower half; the quiet bit keeps it one.
  const w16 kept = (nearest & ~is_nan) | ((u | 0x00400000) & is_nan);
  *rounded = __builtin_convertvector(((kept & ~is_small) | (u & 0x80000000 & is_small)) >> 16, h16);
}

static inline void round_plainly(const float *low, const float *high, h32 *rounded) {
  h16 x, y;
  round_16(low, &x);
  round_16(high, &y);
  *rounded = __builtin_shufflevector(x, y, FIRST_8, 8, 9, 10, 11, 12, 13, 14, 15, THIRD_8, 24, 25, 26, 27, 28, 29, 30,
                                     31);
}

// Blocks of `distance` x `distance` pairs change places across the diagonal.
#define SWAP(distance, LOWER, UPPER)                           \
  UNROLL for (int i = 0; i < SIDE; i++) {                      \
    if (i & distance) continue;                                \
    const w16 x = r[i], y = r[i + distance];                   \
    r[i] = __builtin_shufflevector(x, y, LOWER);               \
    r[i + distance] = __builtin_shufflevector(x, y, UPPER);    \
  }
#define LIST(...) __VA_ARGS__

INLINE void transpose_pairs(w16 r[SIDE]) {
  SWAP(8, LIST(FIRST_8, THIRD_8), LIST(8, 9, 10, 11, 12, 13, 14, 15, 24, 25, 26, 27, 28, 29, 30, 31))
  SWAP(4, LIST(0, 1, 2, 3, 16, 17, 18, 19, 8, 9, 10, 11, 24, 25, 26, 27),
       LIST(4, 5, 6, 7, 20, 21, 22, 23, 12, 13, 14, 15, 28, 29, 30, 31))
  SWAP(2, LIST(0, 1, 16, 17, 4, 5, 20, 21, 8, 9, 24, 25, 12, 13, 28, 29),
       LIST(2, 3, 18, 19, 6, 7, 22, 23, 10, 11, 26, 27, 14, 15, 30, 31))
  SWAP(1, LIST(0, 16, 2, 18, 4, 20, 6, 22, 8, 24, 10, 26, 12, 28, 14, 30),
       LIST(1, 17, 3, 19, 5, 21, 7, 23, 9, 25, 11, 27, 13, 29, 15, 31))
}

// The pairs (0, 16), (1, 17), ...: neighbours in k for each i.
INLINE void pair_rows(const h32 *h, w16 *pairs) {
  *pairs = (w16)__builtin_shufflevector(*h, *h, 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23, 8, 24, 9, 25, 10,
                                      26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31);
}

// A whole tile: a row of pairs for each i or for each pair of k, as memory has it, then transposed
// if need be.
INLINE void pack_tile(const float *x, size_t ld, const int along, const int paired, rounding *const round, bf16 *tile) {
  w16 r[SIDE];
  UNROLL for (size_t i = 0; i < SIDE; i++) {
    h32 h;
    if (along)
      round(x + i * ld, x + i * ld + SIDE, &h);
    else
      round(x + 2 * i * ld, x + (2 * i + 1) * ld, &h);
    if (along)
      r[i] = (w16)h;
    else
      pair_rows(&h, &r[i]);
  }
  if (along == paired) transpose_pairs(r);
  memcpy(tile, r, sizeof r);
}

// Tiles in the order in which memory is read on; one at an edge goes through a buffer of zeros.
INLINE void pack_tiles(const bf16_source *s, const int along, const int paired, rounding *const round, bf16 *packed) {
  const size_t panels = (s->extent + SIDE - 1) / SIDE, tiles = (s->depth + DEPTH - 1) / DEPTH;
  for (size_t outer = 0; outer < (along ? panels : tiles); outer++) {
    for (size_t inner = 0; inner < (along ? tiles : panels); inner++) {
      const size_t panel = along ? outer : inner, t = along ? inner : outer;
      const size_t i = panel * SIDE, k = t * DEPTH;
      const size_t height = least(s->extent - i, SIDE), depth = least(s->depth - k, DEPTH);
      const float *x = along ? s->x + i * s->ld + k : s->x + k * s->ld + i;
      bf16 *tile = packed + (panel * tiles + t) * TILE;
      if (height == SIDE && depth == DEPTH) {
        pack_tile(x, s->ld, along, paired, round, tile);
        continue;
      }
      float edge[TILE] = {0};
      const size_t rows = along ? height : depth, width = along ? depth : height, ld = along ? DEPTH : SIDE;
      for (size_t row = 0; row < rows; row++) memcpy(edge + row * ld, x + row * s->ld, width * sizeof(float));
      pack_tile(edge, ld, along, paired, round, tile);
    }
  }
}

INLINE void pack(const bf16_source *s, int paired, rounding *const round, bf16 *packed) {
  if (s->along)
    paired ? pack_tiles(s, 1, 1, round, packed) : pack_tiles(s, 1, 0, round, packed);
  else
    paired ? pack_tiles(s, 0, 1, round, packed) : pack_tiles(s, 0, 0, round, packed);
}

#ifdef LEVEL
static void pack_bf16(const bf16_source *s, int paired, bf16 *packed) { pack(s, paired, round_plainly, packed); }
#endif

#endif
