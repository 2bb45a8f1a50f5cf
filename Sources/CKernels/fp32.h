// Parts of the float32 matrix product (gemm.c): what its kernels are given. level.h lists the
// functions, each of which is compiled for every level.
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
} fp32_kernel;

// `rows` rows of unfolded images (vae_gemm) from row `first` on, and `columns` columns from k0 on.
typedef struct {
  size_t first, rows, k0, columns;
} unfolded_part;

#endif
