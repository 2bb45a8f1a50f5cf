// The fused multiply-add of float32 for processors without one, out of operations on doubles that
// exist as vectors since SSE2: a compiler leaves `fmaf` a call of the C library for each element
// there.
#ifndef VAE_FUSED_H
#define VAE_FUSED_H

#include <stdint.h>
#include <string.h>

#pragma STDC FP_CONTRACT OFF

// a * b + c with one rounding. The product of two floats is exact as a double. The sum is rounded
// to odd (Boldo & Melquiond 2008, "Emulation of FMA and correctly rounded sums: proved algorithms
// using rounding to odd"): where it is not exact and its last bit is even, it moves to the
// neighbour on the side of the error, so that the rounding to float32 sees on which side of a tie
// it lies.
static inline __attribute__((always_inline)) float vae_fused_multiply_add(const float a, const float b, const float c) {
  const double product = (double)a * (double)b, addend = (double)c;
  const double sum = product + addend;
  // Computes the rounding error of the sum (Knuth's TwoSum); it is NaN where the sum is infinite.
  const double other = sum - product;
  const double error = (product - (sum - other)) + (addend - other);
  int64_t bits, error_bits;
  memcpy(&bits, &sum, sizeof bits);
  memcpy(&error_bits, &error, sizeof error_bits);
  const int64_t is_inexact = __builtin_fabs(error) > 0 ? -1 : 0;
  // 1 away from zero where error and sum have the same sign, -1 towards it elsewhere.
  const int64_t step = 1 - 2 * (int64_t)((uint64_t)(bits ^ error_bits) >> 63);
  bits += step & is_inexact & ((bits & 1) - 1);
  double odd;
  memcpy(&odd, &bits, sizeof odd);
  return (float)odd;
}

// The same of vectors: *sum = a * b + *sum.
#ifdef VAE_WITHOUT_FMA
#define VAE_DEFINE_FUSED(V, count)                                                                                  \
  typedef double V##_doubles __attribute__((vector_size(8 * count)));                                               \
  typedef int64_t V##_bits __attribute__((vector_size(8 * count)));                                                 \
  typedef uint64_t V##_words __attribute__((vector_size(8 * count)));                                               \
  static inline __attribute__((always_inline)) void fused_##V(const V *a, const V *b, V *c) {                       \
    const V##_doubles product = __builtin_convertvector(*a, V##_doubles) * __builtin_convertvector(*b, V##_doubles); \
    const V##_doubles addend = __builtin_convertvector(*c, V##_doubles), sum = product + addend;                    \
    const V##_doubles other = sum - product, error = (product - (sum - other)) + (addend - other);                  \
    const V##_bits bits = (V##_bits)sum;                                                                            \
    const V##_bits is_inexact = (error > 0) | (error < 0);                                                          \
    const V##_bits step = 1 - 2 * (V##_bits)((V##_words)(bits ^ (V##_bits)error) >> 63);                            \
    const V##_doubles odd = (V##_doubles)(bits + (step & is_inexact & ((bits & 1) - 1)));                           \
    *c = __builtin_convertvector(odd, V);                                                                           \
  }
#else
#define VAE_DEFINE_FUSED(V, count)                                                             \
  static inline __attribute__((always_inline)) void fused_##V(const V *a, const V *b, V *c) { \
    *c = __builtin_elementwise_fma(*a, *b, *c);                                               \
  }
#endif

#endif
