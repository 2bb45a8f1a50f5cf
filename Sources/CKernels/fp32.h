// Parts of the float32 matrix product (gemm.c): how operands are packed, and the kernels that multiply them.
//
// op(B) lies in panels of as many columns as a register tile has, one value of k after the other; a transposed A in blocks
// of as many rows as a register tile has, likewise.
#ifndef VAE_FP32_H
#define VAE_FP32_H

#include "ckernels.h"
#include "vectors.h"

enum { MOST_COLUMNS = 32 }; // of a register tile

// What a register tile meets: op(A), its rows `row` apart or packed in a block; a packed panel of op(B); its part of C.
typedef struct {
  const float *a;
  size_t row;
  const float *panel;
  float *c;
  size_t ldc, depth;
  int rows, columns, packed, accumulate;
} fp32_tile;

typedef struct {
  void (*run)(const fp32_tile *tile);
  size_t rows, columns;
  const char *name;
} fp32_kernel;

// The best for this processor.
fp32_kernel vae_fp32_kernel(void);

// `count` rows of `depth` values, `ld` apart, to the columns of a panel of width `stride`, the rest of it 0.
void vae_fp32_pack_transposed(const float *x, size_t ld, size_t count, size_t depth, float *packed, size_t stride);

// `depth` rows of `count` values, `ld` apart, to panels of width `stride`, `size` values apart, the rest of the last 0.
void vae_fp32_pack_panels(const float *x, size_t ld, size_t count, size_t depth, float *packed, size_t stride,
                          size_t size);

// Rows first ..< first + rows and columns k0 ..< k0 + columns of unfolded images (vae_gemm), `ld` apart.
typedef struct {
  size_t first, rows, k0, columns;
} unfolded_part;
void vae_unfold(const vae_geometry *geometry, const float *images, unfolded_part part, float *to, size_t ld);

#endif
