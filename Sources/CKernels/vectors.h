// What the matrix products of the CPU share: vectors of the compiler, functions for an instruction set.
#ifndef VAE_VECTORS_H
#define VAE_VECTORS_H

#include <stddef.h>
#include <stdint.h>

#define INLINE static inline __attribute__((always_inline))
#if defined(__x86_64__)
#define TARGET(name) __attribute__((target(name)))
#else
#define TARGET(name)
#endif

typedef float v16 __attribute__((vector_size(64), aligned(4)));
typedef float v8 __attribute__((vector_size(32), aligned(4)));
typedef float v4 __attribute__((vector_size(16), aligned(4)));

#define UNROLL _Pragma("clang loop unroll(full)")

INLINE size_t least(size_t a, size_t b) { return a < b ? a : b; }

#endif
