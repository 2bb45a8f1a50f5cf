// Operands of the float32 matrix product in the order in which its register tiles read them.
#ifndef VAE_FP32_PACK_H
#define VAE_FP32_PACK_H

#include "fp32.h"

// 4 rows of 16 values to columns: packed[k * stride + i] = x[i * ld + k].
INLINE void transpose_4x16(const float *x, size_t ld, float *packed, size_t stride) {
  v16 r[4], s[4], t[4];
  UNROLL for (int i = 0; i < 4; i++) r[i] = *(const v16 *)(x + (size_t)i * ld);
  UNROLL for (int i = 0; i < 4; i += 2) {
    s[i] = __builtin_shufflevector(r[i], r[i + 1], 0, 16, 1, 17, 4, 20, 5, 21, 8, 24, 9, 25, 12, 28, 13, 29);
    s[i + 1] = __builtin_shufflevector(r[i], r[i + 1], 2, 18, 3, 19, 6, 22, 7, 23, 10, 26, 11, 27, 14, 30, 15, 31);
  }
  UNROLL for (int h = 0; h < 2; h++) {
    t[2 * h] = __builtin_shufflevector(s[h], s[h + 2], 0, 1, 16, 17, 4, 5, 20, 21, 8, 9, 24, 25, 12, 13, 28, 29);
    t[2 * h + 1] = __builtin_shufflevector(s[h], s[h + 2], 2, 3, 18, 19, 6, 7, 22, 23, 10, 11, 26, 27, 14, 15, 30, 31);
  }
  // Lane q of t[c] holds column 4 q + c.
  UNROLL for (int c = 0; c < 4; c++) {
    *(v4 *)(packed + (size_t)c * stride) = __builtin_shufflevector(t[c], t[c], 0, 1, 2, 3);
    *(v4 *)(packed + (size_t)(4 + c) * stride) = __builtin_shufflevector(t[c], t[c], 4, 5, 6, 7);
    *(v4 *)(packed + (size_t)(8 + c) * stride) = __builtin_shufflevector(t[c], t[c], 8, 9, 10, 11);
    *(v4 *)(packed + (size_t)(12 + c) * stride) = __builtin_shufflevector(t[c], t[c], 12, 13, 14, 15);
  }
}

#ifndef LEVEL_WIDE
// 8 rows of 4 values to columns: packed[k * stride + i] = x[i * ld + k]. Half the stores of 4 rows.
INLINE void transpose_8x4(const float *x, size_t ld, float *packed, size_t stride) {
  v8 r[4], s[4], t[4];
  UNROLL for (int i = 0; i < 4; i++)
    r[i] = __builtin_shufflevector(*(const v4 *)(x + (size_t)i * ld), *(const v4 *)(x + (size_t)(i + 4) * ld), 0, 1, 2, 3, 4,
                                   5, 6, 7);
  UNROLL for (int i = 0; i < 4; i += 2) {
    s[i] = __builtin_shufflevector(r[i], r[i + 1], 0, 8, 1, 9, 4, 12, 5, 13);
    s[i + 1] = __builtin_shufflevector(r[i], r[i + 1], 2, 10, 3, 11, 6, 14, 7, 15);
  }
  UNROLL for (int h = 0; h < 2; h++) {
    t[2 * h] = __builtin_shufflevector(s[h], s[h + 2], 0, 1, 8, 9, 4, 5, 12, 13);
    t[2 * h + 1] = __builtin_shufflevector(s[h], s[h + 2], 2, 3, 10, 11, 6, 7, 14, 15);
  }
  UNROLL for (int c = 0; c < 4; c++) *(v8 *)(packed + (size_t)c * stride) = t[c];
}
#endif

// `count` rows of `depth` values to the columns of a panel of width `stride`. Columns that are not filled are 0: sums that
// are thrown away must not be slow numbers.
static void pack_transposed(const float *x, size_t ld, size_t count, size_t depth, float *packed, size_t stride) {
  if (count < stride) memset(packed, 0, depth * stride * sizeof(float));
  size_t k = 0;
  for (; k + 16 <= depth; k += 16) {
    size_t i = 0;
#ifndef LEVEL_WIDE
    for (; i + 8 <= count; i += 8)
      UNROLL for (size_t q = 0; q < 16; q += 4)
        transpose_8x4(x + i * ld + k + q, ld, packed + (k + q) * stride + i, stride);
#endif
    for (; i + 4 <= count; i += 4) transpose_4x16(x + i * ld + k, ld, packed + k * stride + i, stride);
    for (; i < count; i++)
      for (size_t q = k; q < k + 16; q++) packed[q * stride + i] = x[i * ld + q];
  }
  for (; k < depth; k++)
    for (size_t i = 0; i < count; i++) packed[k * stride + i] = x[i * ld + k];
}

// `depth` rows of `count` values, `ld` apart, to one panel.
#define COPY_ROWS(width)                                                                                \
  if (count == width && stride == width) {                                                              \
    for (size_t k = 0; k < depth; k++) memcpy(packed + k * width, x + k * ld, width * sizeof(float));   \
    return;                                                                                             \
  }
static void pack_rows(const float *x, size_t ld, size_t count, size_t depth, float *packed, size_t stride) {
  // A constant size is a copy in registers.
  COPY_ROWS(32)
  COPY_ROWS(16)
  COPY_ROWS(12)
  COPY_ROWS(6)
  memset(packed, 0, depth * stride * sizeof(float));
  for (size_t k = 0; k < depth; k++) memcpy(packed + k * stride, x + k * ld, count * sizeof(float));
}

// `depth` rows of `count` values, `ld` apart, to panels of width `stride`, `size` values apart, the
// rest of the last 0: several panels side by side where that makes longer runs of memory.
#define SIDE_BY_SIDE(panels, width)                                                                     \
  for (; stride == width && count >= panels * width; count -= panels * width) {                         \
    for (size_t k = 0; k < depth; k++)                                                                  \
      UNROLL for (size_t p = 0; p < panels; p++)                                                        \
        memcpy(packed + p * size + k * width, x + k * ld + p * width, width * sizeof(float));           \
    x += panels * width, packed += panels * size;                                                       \
  }
static void pack_panels(const float *x, size_t ld, size_t count, size_t depth, float *packed, size_t stride, size_t size) {
  SIDE_BY_SIDE(4, 12)
  SIDE_BY_SIDE(2, 32)
  for (size_t i = 0; i < count; i += stride)
    pack_rows(x + i, ld, least(count - i, stride), depth, packed + i / stride * size, stride);
}

#endif
