// C = op(A) op(B) in float32 with a fixed meaning: every element of C is the sum over k = 0, 1, 2, ... by fused
// multiply-adds into one accumulator. Any tiling then gives the same bits, so results depend neither on the number of
// threads nor on the instruction set, and they equal those of a device kernel that adds in this order (CLBlast's do).
//
// The scheme of Goto & van de Geijn 2008: op(B) is packed in panels, a transposed A in blocks of rows, and a register
// tile of C stays in vector registers while k runs; between blocks of k the sums rest in C.
#include <string.h>

#include "ckernels.h"
#include "vectors.h"
#include "workspace.h"

#define K_BLOCK 512 // most values of k in a packed panel
#define M_BLOCK 528 // most rows at a time
#define GROUP 8     // most panels packed at a time
#define FEW_ROWS 384
#define MOST_COLUMNS 32

// What a register tile meets: op(A)(i, k) = a[i * row + k * step], a packed panel of op(B), and its part of C.
typedef struct {
  const float *a;
  size_t row, step;
  const float *panel;
  float *c;
  size_t ldc, depth;
  int rows, columns, accumulate;
} operands;

// A register tile of `rows` x (`vectors` * WIDTH), both constants where this is inlined.
#define DEFINE_TILE(V, WIDTH, ROWS)                                                                 \
  INLINE void tile_##V(const int rows, const int vectors, const operands *o, float *c, size_t ldc) { \
    V sum[ROWS][2];                                                                                 \
    UNROLL for (int i = 0; i < rows; i++) {                                                         \
      UNROLL for (int v = 0; v < vectors; v++)                                                      \
        sum[i][v] = o->accumulate ? *(const V *)(c + (size_t)i * ldc + v * WIDTH) : (V){0};         \
    }                                                                                               \
    const float *a = o->a, *panel = o->panel;                                                       \
    const size_t row = o->row, step = o->step, depth = o->depth;                                    \
    for (size_t k = 0; k < depth; k++) {                                                            \
      V b[2];                                                                                       \
      UNROLL for (int v = 0; v < vectors; v++) b[v] = *(const V *)(panel + k * 2 * WIDTH + v * WIDTH); \
      UNROLL for (int i = 0; i < rows; i++) {                                                       \
        const V x = a[(size_t)i * row + k * step] - (V){0};                                         \
        UNROLL for (int v = 0; v < vectors; v++)                                                    \
          sum[i][v] = __builtin_elementwise_fma(x, b[v], sum[i][v]);                                \
      }                                                                                             \
    }                                                                                               \
    UNROLL for (int i = 0; i < rows; i++) {                                                         \
      UNROLL for (int v = 0; v < vectors; v++)                                                      \
        *(V *)(c + (size_t)i * ldc + v * WIDTH) = sum[i][v];                                        \
    }                                                                                               \
  }
DEFINE_TILE(v16, 16, 12)
DEFINE_TILE(v8, 8, 6)

#define CASE(V, n)                   \
  case n:                            \
    if (vectors == 2)                \
      tile_##V(n, 2, o, c, ldc);     \
    else                             \
      tile_##V(n, 1, o, c, ldc);     \
    break;

// A tile in place, or through a buffer where its last vector is not full.
#define DEFINE_KERNEL(NAME, V, WIDTH, ROWS, ATTRIBUTE, CASES)                                       \
  ATTRIBUTE static void NAME(const operands *o) {                                                   \
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

// 24 accumulators in 32 registers of 512 bits; 12 in 16 of 256 bits; the plain form for every other processor.
#if defined(__x86_64__)
DEFINE_KERNEL(kernel_512, v16, 16, 12, TARGET("arch=x86-64-v4") __attribute__((min_vector_width(512))), TWELVE(v16))
DEFINE_KERNEL(kernel_256, v8, 8, 6, TARGET("arch=x86-64-v3"), SIX(v8))
#endif
DEFINE_KERNEL(kernel_plain, v8, 8, 6, , SIX(v8))

typedef struct {
  void (*run)(const operands *o);
  size_t rows, columns;
  const char *name;
} kernel;

static kernel choose(void) {
#if defined(__x86_64__)
  if (__builtin_cpu_supports("x86-64-v4")) return (kernel){kernel_512, 12, 32, "AVX-512"};
  if (__builtin_cpu_supports("x86-64-v3")) return (kernel){kernel_256, 6, 16, "AVX2"};
#endif
  return (kernel){kernel_plain, 6, 16, "baseline"};
}

const char *vae_instruction_set(void) { return choose().name; }

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

// `count` rows of `depth` values to the columns of a panel of width `stride`. Columns that are not filled are 0: sums that
// are thrown away must not be slow numbers.
CLONES static void pack_transposed(const float *x, size_t ld, size_t count, size_t depth, float *packed, size_t stride) {
  if (count < stride) memset(packed, 0, depth * stride * sizeof(float));
  size_t k = 0;
  for (; k + 16 <= depth; k += 16) {
    size_t i = 0;
    for (; i + 4 <= count; i += 4) transpose_4x16(x + i * ld + k, ld, packed + k * stride + i, stride);
    for (; i < count; i++)
      for (size_t q = k; q < k + 16; q++) packed[q * stride + i] = x[i * ld + q];
  }
  for (; k < depth; k++)
    for (size_t i = 0; i < count; i++) packed[k * stride + i] = x[i * ld + k];
}

// `depth` rows of `count` values, next to each other already.
#define COPY_ROWS(width)                                                                                \
  if (count == width && stride == width) {                                                              \
    for (size_t k = 0; k < depth; k++) memcpy(packed + k * width, x + k * ld, width * sizeof(float));   \
    return;                                                                                             \
  }
CLONES static void pack_rows(const float *x, size_t ld, size_t count, size_t depth, float *packed, size_t stride) {
  // A constant size is a copy in registers.
  COPY_ROWS(32)
  COPY_ROWS(16)
  COPY_ROWS(12)
  COPY_ROWS(6)
  memset(packed, 0, depth * stride * sizeof(float));
  for (size_t k = 0; k < depth; k++) memcpy(packed + k * stride, x + k * ld, count * sizeof(float));
}

// How much is packed at a time. Few rows want each panel used at once, from the L1 cache; many rows go past a group of
// deep panels, so that each row tile is read less often (measured on shapes of training steps).
typedef struct {
  size_t depth, panels;
} blocking;

static blocking choose_blocking(size_t rows, size_t k) {
  const size_t most = rows > FEW_ROWS ? K_BLOCK : 256;
  const size_t pieces = (k + most - 1) / most;
  return (blocking){pieces ? (k + pieces - 1) / pieces : 1, rows > FEW_ROWS ? GROUP : 1};
}

// What a thread packs into.
typedef struct {
  float blocks[M_BLOCK * K_BLOCK] __attribute__((aligned(64)));
  float panels[GROUP][K_BLOCK * MOST_COLUMNS] __attribute__((aligned(64)));
} workspace;
_Static_assert(sizeof(workspace) <= WORKSPACE_BYTES, "a thread's workspace is too small");

void vae_gemm_tile(const vae_gemm *g, size_t m0, size_t m1, size_t n0, size_t n1) {
  workspace *own = vae_workspace();
  const kernel kernel = choose();
  const size_t height = kernel.rows, width = kernel.columns;
  const blocking step = choose_blocking(g->m, g->k);
  for (size_t i0 = m0; i0 < m1; i0 += M_BLOCK) {
    const size_t i1 = least(m1, i0 + M_BLOCK);
    for (size_t k0 = 0; k0 < g->k; k0 += step.depth) {
      const size_t depth = least(g->k - k0, step.depth);
      for (size_t i = i0; g->transpose_a && i < i1; i += height)
        pack_rows(g->a + k0 * g->m + i, g->m, least(i1 - i, height), depth, own->blocks + (i - i0) * depth, height);
      for (size_t j0 = n0; j0 < n1; j0 += step.panels * width) {
        const size_t j1 = least(n1, j0 + step.panels * width);
        for (size_t j = j0; j < j1; j += width) {
          float *panel = own->panels[(j - j0) / width];
          if (g->transpose_b)
            pack_transposed(g->b + j * g->k + k0, g->k, least(j1 - j, width), depth, panel, width);
          else
            pack_rows(g->b + k0 * g->n + j, g->n, least(j1 - j, width), depth, panel, width);
        }
        for (size_t i = i0; i < i1; i += height) {
          operands o = {.rows = (int)least(i1 - i, height), .ldc = g->n, .depth = depth, .accumulate = k0 > 0};
          if (g->transpose_a)
            o.a = own->blocks + (i - i0) * depth, o.row = 1, o.step = height;
          else
            o.a = g->a + i * g->k + k0, o.row = g->k, o.step = 1;
          for (size_t j = j0; j < j1; j += width) {
            o.columns = (int)least(j1 - j, width);
            o.panel = own->panels[(j - j0) / width];
            o.c = g->c + i * g->n + j;
            kernel.run(&o);
          }
        }
      }
    }
  }
}
