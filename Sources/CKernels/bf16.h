// Parts of the bf16 matrix product (gemm_bf16.c): how operands are packed, and the kernels that multiply them.
//
// Both operands lie in tiles of 16 x 32 values, 1 KB: 16 rows of op(A) or 16 columns of op(B), and 32 values of k. A
// panel is the tiles of the same 16, along k. A tile of op(A) has a row of 32 values for each row of op(A); one of op(B)
// has a row for each pair of values of k with the pairs of its 16 columns (Intel's VNNI layout). What lies outside is 0.
#ifndef VAE_BF16_H
#define VAE_BF16_H

#include "ckernels.h"
#include "vectors.h"

enum { SIDE = 16, DEPTH = 32, TILE = SIDE * DEPTH };

// The two top bytes of a float.
typedef uint16_t bf16;

// Part of an operand: element (i, k) is x[i * ld + k] if `along`, else x[k * ld + i].
typedef struct {
  const float *x;
  size_t ld, extent, depth;
  int along;
} bf16_source;

// Rounds a part of op(A) (`paired` 0) or op(B) (1) to tiles: panel p begins at packed + p * tiles(depth) * TILE.
void vae_bf16_pack(const vae_level *level, vae_bf16_kernel kind, const bf16_source *source, int paired, bf16 *packed);

// Up to 32 x 32 elements of C, from one or two panels of each operand.
typedef struct {
  const bf16 *a, *b;
  size_t panel; // values from one panel to the next
  size_t tiles; // along k
  float *c;
  size_t ldc;
  int rows, columns; // panels: 1 or 2
  int accumulate;
} bf16_block;

typedef struct {
  void (*begin)(void); // before the first block on a thread; may be NULL, as may `end`
  void (*run)(const bf16_block *block);
  void (*end)(void);
} bf16_multiplier;

bf16_multiplier vae_bf16_multiplier(const vae_level *level, vae_bf16_kernel kind);

#endif
