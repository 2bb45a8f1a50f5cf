// The kernel dialect, C side (Kernels/dialect.h describes it). A kernel becomes an inlined body and a loop over
// its items, compiled for each level (level_code.h), entered in a table under its name.
// A row kernel has one lane that walks all columns (Kernels/one_lane.h). Define REAL_IS_DOUBLE for the float64 reference.
#ifndef VAE_CPU_DIALECT_H
#define VAE_CPU_DIALECT_H

#include <math.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "ckernels.h"

#pragma STDC FP_CONTRACT OFF

typedef uint32_t uint;
typedef uint64_t ulong;
typedef uint8_t uchar;

#ifdef REAL_IS_DOUBLE
typedef double real;
#define REAL(x) x
#define REAL_SQRT(x) __builtin_elementwise_sqrt(x)
#define MULTIPLY_ADD(a, b, c) ((a) * (b) + (c))
#else
typedef float real;
#define REAL(x) x##f
#define REAL_SQRT(x) __builtin_elementwise_sqrt(x)
#ifdef VAE_WITHOUT_FMA
#include "fused.h"
#define MULTIPLY_ADD(a, b, c) vae_fused_multiply_add((a), (b), (c))
#else
#define MULTIPLY_ADD(a, b, c) __builtin_fmaf((a), (b), (c))
#endif
static inline float bits_to_real(const uint32_t bits) {
  float x;
  memcpy(&x, &bits, sizeof x);
  return x;
}
static inline uint32_t real_to_bits(const float x) {
  uint32_t bits;
  memcpy(&bits, &x, sizeof bits);
  return bits;
}
#define BITS_TO_REAL(x) bits_to_real(x)
#define REAL_TO_BITS(x) real_to_bits(x)
#endif

#define UNROLL(count) _Pragma("clang loop unroll(full)")
#define ROLLED
#define FUNCTION static inline __attribute__((always_inline))
#define MULTIPLY_HIGH(a, b) ((uint)(((ulong)(uint)(a) * (ulong)(uint)(b)) >> 32))

#define FOR_ITEM(count) if ((void)(count), 1)
#define ROW ITEM
#define BLOCKS_AT_ONCE 1
#define ONE_LANE
#include "../../Kernels/one_lane.h"

// A parameter is a triple (C type, name, field of vae_argument).
// An array has its own name from LOCATE on, so that a kernel that forgets it does not compile.
#define IN(type, name) (const type *restrict, name##_argument, pointer)
#define OUT(type, name) (type *restrict, name##_argument, pointer)
#define INOUT(type, name) (type *restrict, name##_argument, pointer)
#define LOCATE(name) __typeof__(name##_argument) name = name##_argument;
#define VALUE(type, name) (const type, name, type##_value)
#define GLOBAL(type) type *
#define GLOBAL_IN(type) const type *

#define VAE_DECLARE(type, name, field) type name,
#define VAE_LOAD(type, name, field) type name = (arguments++)->field;
#define VAE_NAME(type, name, field) name,

#define VAE_EACH_1(m, a) m a
#define VAE_EACH_2(m, a, ...) m a VAE_EACH_1(m, __VA_ARGS__)
#define VAE_EACH_3(m, a, ...) m a VAE_EACH_2(m, __VA_ARGS__)
#define VAE_EACH_4(m, a, ...) m a VAE_EACH_3(m, __VA_ARGS__)
#define VAE_EACH_5(m, a, ...) m a VAE_EACH_4(m, __VA_ARGS__)
#define VAE_EACH_6(m, a, ...) m a VAE_EACH_5(m, __VA_ARGS__)
#define VAE_EACH_7(m, a, ...) m a VAE_EACH_6(m, __VA_ARGS__)
#define VAE_EACH_8(m, a, ...) m a VAE_EACH_7(m, __VA_ARGS__)
#define VAE_EACH_9(m, a, ...) m a VAE_EACH_8(m, __VA_ARGS__)
#define VAE_EACH_10(m, a, ...) m a VAE_EACH_9(m, __VA_ARGS__)
#define VAE_EACH_11(m, a, ...) m a VAE_EACH_10(m, __VA_ARGS__)
#define VAE_EACH_12(m, a, ...) m a VAE_EACH_11(m, __VA_ARGS__)
#define VAE_EACH_13(m, a, ...) m a VAE_EACH_12(m, __VA_ARGS__)
#define VAE_EACH_14(m, a, ...) m a VAE_EACH_13(m, __VA_ARGS__)
#define VAE_EACH_15(m, a, ...) m a VAE_EACH_14(m, __VA_ARGS__)
#define VAE_EACH_16(m, a, ...) m a VAE_EACH_15(m, __VA_ARGS__)
#define VAE_COUNT(...) \
  VAE_COUNT_(__VA_ARGS__, 16, 15, 14, 13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0)
#define VAE_COUNT_(a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p, count, ...) count
#define VAE_CONCATENATE(a, b) VAE_CONCATENATE_(a, b)
#define VAE_CONCATENATE_(a, b) a##b
#define VAE_EACH(m, ...) VAE_CONCATENATE(VAE_EACH_, VAE_COUNT(__VA_ARGS__))(m, __VA_ARGS__)
#define VAE_ALL_DECLARE(...) VAE_EACH(VAE_DECLARE, __VA_ARGS__)
#define VAE_ALL_LOAD(...) VAE_EACH(VAE_LOAD, __VA_ARGS__)
#define VAE_ALL_NAME(...) VAE_EACH(VAE_NAME, __VA_ARGS__)

// The table of a level is a linker section. `LEVEL` is float64 for the reference.
#define VAE_TEXT(x) VAE_TEXT_(x)
#define VAE_TEXT_(...) #__VA_ARGS__
#define VAE_SECTION VAE_TEXT(VAE_CONCATENATE(vae_table_, LEVEL))
#define VAE_TABLE_START VAE_CONCATENATE(__start_vae_table_, LEVEL)
#define VAE_TABLE_STOP VAE_CONCATENATE(__stop_vae_table_, LEVEL)
#define VAE_RUN(name) VAE_CONCATENATE(name##_, LEVEL)

// A kernel enters itself, no list is kept by hand. The text of its parameters, once the macros are
// gone, is a list of the triples.
#define KERNEL(name, parameters) VAE_KERNEL(name, parameters, 0)
#define ROW_KERNEL(name, parameters) VAE_KERNEL(name, parameters, 1)
#define VAE_KERNEL(name, parameters, has_rows)                                                         \
  FUNCTION void name##_body(VAE_ALL_DECLARE parameters __attribute__((unused)) const size_t ITEM);                             \
  static void VAE_RUN(name)(const vae_argument *arguments, size_t begin, size_t end) {                 \
    VAE_ALL_LOAD parameters                                                                            \
    for (size_t item = begin; item < end; item++) name##_body(VAE_ALL_NAME parameters item);           \
  }                                                                                                    \
  __attribute__((used, retain, section(VAE_SECTION), aligned(8))) static const vae_kernel name##_entry = { \
      #name, VAE_TEXT(parameters), VAE_RUN(name), has_rows};                                           \
  FUNCTION void name##_body(VAE_ALL_DECLARE parameters __attribute__((unused)) const size_t ITEM)

#endif
