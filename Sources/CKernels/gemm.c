// C = op(A) op(B) in float32 with a fixed meaning: every element of C is the sum over k = 0, 1, 2, ... by fused
// multiply-adds into one accumulator. Any tiling then gives the same bits, so results depend neither on the number of
// threads nor on the instruction set, and they equal those of a device kernel that adds in this order (CLBlast's do).
//
// The scheme of Goto & van de Geijn 2008: B is packed in panels of 32 columns, a register tile of C stays in vector
// registers while k runs; between blocks of k the accumulators rest in C.
#include <string.h>

#include "ckernels.h"

#define PANEL 32    // columns of a packed panel of B
#define GROUP 4     // panels packed at a time
#define K_BLOCK 512 // depth of a panel: 64 KiB, a quarter of a small L2 cache
#define MOST_ROWS 12

#define INLINE static inline __attribute__((always_inline))
#if defined(__x86_64__)
#define TARGET(name) __attribute__((target(name)))
#define CLONES __attribute__((target_clones("arch=x86-64-v4", "arch=x86-64-v3", "default")))
#else
#define TARGET(name)
#define CLONES
#endif

typedef float v16 __attribute__((vector_size(64), aligned(4)));
typedef float v8 __attribute__((vector_size(32), aligned(4)));

// The panel of B that a tile meets, and where its rows of A and C lie: A(i, k) = a[i * row + k * step].
typedef struct {
  const float *a;
  size_t row, step;
  const float *panel;
  float *c;
  size_t ldc, depth;
  int accumulate;
} operands;

// A register tile of `rows` x (`vectors` * WIDTH), both constants where this is inlined.
#define UNROLL _Pragma("clang loop unroll(full)")
#define DEFINE_TILE(V, WIDTH)                                                                       \
  INLINE void tile_##V(const int rows, const int vectors, const operands *o, float *c, size_t ldc,  \
                       const float *panel) {                                                        \
    V sum[MOST_ROWS][2];                                                                            \
    UNROLL for (int i = 0; i < rows; i++) {                                                         \
      UNROLL for (int v = 0; v < vectors; v++)                                                      \
        sum[i][v] = o->accumulate ? *(const V *)(c + (size_t)i * ldc + v * WIDTH) : (V){0};         \
    }                                                                                               \
    const float *a = o->a;                                                                          \
    const size_t row = o->row, step = o->step, depth = o->depth;                                    \
    for (size_t k = 0; k < depth; k++) {                                                            \
      V b[2];                                                                                       \
      UNROLL for (int v = 0; v < vectors; v++) b[v] = *(const V *)(panel + k * PANEL + v * WIDTH);  \
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
DEFINE_TILE(v16, 16)
DEFINE_TILE(v8, 8)

#define CASE(V, n)                                                   \
  case n:                                                            \
    if (vectors == 2)                                                \
      tile_##V(n, 2, o, c, ldc, panel);                              \
    else                                                             \
      tile_##V(n, 1, o, c, ldc, panel);                              \
    break;

// `rows` rows and `columns` columns of C against one panel: whole tiles in place, the ragged edge through a buffer.
#define DEFINE_ROWS(NAME, V, WIDTH, ATTRIBUTE, CASES)                                               \
  ATTRIBUTE static void NAME(int rows, int columns, const operands *o) {                            \
    float edge[MOST_ROWS * 2 * WIDTH];                                                              \
    for (int j = 0; j < columns; j += 2 * WIDTH) {                                                  \
      const int width = columns - j < 2 * WIDTH ? columns - j : 2 * WIDTH;                          \
      const int vectors = width > WIDTH ? 2 : 1;                                                    \
      const int ragged = width != vectors * WIDTH;                                                  \
      const float *panel = o->panel + j;                                                            \
      float *c = ragged ? edge : o->c + j;                                                          \
      const size_t ldc = ragged ? 2 * WIDTH : o->ldc;                                               \
      if (ragged) {                                                                                 \
        memset(edge, 0, sizeof edge);                                                               \
        for (int i = 0; o->accumulate && i < rows; i++)                                             \
          memcpy(edge + i * 2 * WIDTH, o->c + (size_t)i * o->ldc + j, sizeof(float) * (size_t)width); \
      }                                                                                             \
      switch (rows) { CASES }                                                                       \
      for (int i = 0; ragged && i < rows; i++)                                                      \
        memcpy(o->c + (size_t)i * o->ldc + j, edge + i * 2 * WIDTH, sizeof(float) * (size_t)width); \
    }                                                                                               \
  }
#define SIX(V) CASE(V, 1) CASE(V, 2) CASE(V, 3) CASE(V, 4) CASE(V, 5) CASE(V, 6)
#define TWELVE(V) SIX(V) CASE(V, 7) CASE(V, 8) CASE(V, 9) CASE(V, 10) CASE(V, 11) CASE(V, 12)

// 24 accumulators in 32 registers of 512 bits; 12 in 16 of 256 bits; the plain form for every other processor.
#if defined(__x86_64__)
DEFINE_ROWS(rows_512, v16, 16, TARGET("arch=x86-64-v4") __attribute__((min_vector_width(512))), TWELVE(v16))
DEFINE_ROWS(rows_256, v8, 8, TARGET("arch=x86-64-v3"), SIX(v8))
#endif
DEFINE_ROWS(rows_plain, v8, 8, , SIX(v8))

typedef struct {
  void (*run)(int rows, int columns, const operands *o);
  int rows;
  const char *name;
} kernel;

static kernel choose(void) {
#if defined(__x86_64__)
  if (__builtin_cpu_supports("x86-64-v4")) return (kernel){rows_512, 12, "AVX-512"};
  if (__builtin_cpu_supports("x86-64-v3")) return (kernel){rows_256, 6, "AVX2"};
#endif
  return (kernel){rows_plain, 6, "baseline"};
}

const char *vae_instruction_set(void) { return choose().name; }

// Eight rows of `depth` values to columns of a panel: panel[k * PANEL + j] = b[j * ldb + k].
CLONES static void transpose_eight(const float *b, size_t ldb, size_t depth, float *panel) {
  size_t k = 0;
  for (; k + 8 <= depth; k += 8) {
    v8 r[8], s[8];
    for (int j = 0; j < 8; j++) r[j] = *(const v8 *)(b + (size_t)j * ldb + k);
    for (int j = 0; j < 8; j += 2) {
      s[j] = __builtin_shufflevector(r[j], r[j + 1], 0, 8, 2, 10, 4, 12, 6, 14);
      s[j + 1] = __builtin_shufflevector(r[j], r[j + 1], 1, 9, 3, 11, 5, 13, 7, 15);
    }
    for (int j = 0; j < 8; j += 4)
      for (int h = 0; h < 2; h++) {
        r[j + h] = __builtin_shufflevector(s[j + h], s[j + h + 2], 0, 1, 8, 9, 4, 5, 12, 13);
        r[j + h + 2] = __builtin_shufflevector(s[j + h], s[j + h + 2], 2, 3, 10, 11, 6, 7, 14, 15);
      }
    for (int h = 0; h < 4; h++) {
      *(v8 *)(panel + (k + (size_t)h) * PANEL) = __builtin_shufflevector(r[h], r[h + 4], 0, 1, 2, 3, 8, 9, 10, 11);
      *(v8 *)(panel + (k + (size_t)h + 4) * PANEL) =
          __builtin_shufflevector(r[h], r[h + 4], 4, 5, 6, 7, 12, 13, 14, 15);
    }
  }
  for (; k < depth; k++)
    for (size_t j = 0; j < 8; j++) panel[k * PANEL + j] = b[j * ldb + k];
}

// Packs `depth` x `width` of op(B), starting at (k0, n0), into one panel; columns from `width` on are zero.
static void pack(const vae_gemm *g, size_t k0, size_t depth, size_t n0, size_t width, float *panel) {
  if (width < PANEL) memset(panel, 0, depth * PANEL * sizeof(float));
  if (!g->transpose_b) {
    const float *b = g->b + k0 * g->n + n0;
    for (size_t k = 0; k < depth; k++) memcpy(panel + k * PANEL, b + k * g->n, width * sizeof(float));
    return;
  }
  const float *b = g->b + n0 * g->k + k0;
  size_t j = 0;
  for (; j + 8 <= width; j += 8) transpose_eight(b + j * g->k, g->k, depth, panel + j);
  for (; j < width; j++)
    for (size_t k = 0; k < depth; k++) panel[k * PANEL + j] = b[j * g->k + k];
}

void vae_gemm_tile(const vae_gemm *g, size_t m0, size_t m1, size_t n0, size_t n1) {
  static _Thread_local float panels[GROUP][K_BLOCK * PANEL] __attribute__((aligned(64)));
  static _Thread_local float rows_of_a[K_BLOCK * MOST_ROWS] __attribute__((aligned(64)));
  const kernel kernel = choose();
  for (size_t j0 = n0; j0 < n1; j0 += GROUP * PANEL) {
    const size_t j1 = n1 - j0 < GROUP * PANEL ? n1 : j0 + GROUP * PANEL;
    for (size_t k0 = 0; k0 < g->k; k0 += K_BLOCK) {
      const size_t depth = g->k - k0 < K_BLOCK ? g->k - k0 : K_BLOCK;
      for (size_t j = j0; j < j1; j += PANEL)
        pack(g, k0, depth, j, j1 - j < PANEL ? j1 - j : PANEL, panels[(j - j0) / PANEL]);
      for (size_t i = m0; i < m1; i += (size_t)kernel.rows) {
        const int rows = (int)(m1 - i < (size_t)kernel.rows ? m1 - i : (size_t)kernel.rows);
        operands o = {.ldc = g->n, .depth = depth, .accumulate = k0 > 0};
        if (g->transpose_a) {
          const float *a = g->a + k0 * g->m + i;
          const size_t bytes = (size_t)rows * sizeof(float);
          // A constant size is a copy in registers.
          if (rows == MOST_ROWS)
            for (size_t k = 0; k < depth; k++) memcpy(rows_of_a + k * MOST_ROWS, a + k * g->m, MOST_ROWS * sizeof(float));
          else
            for (size_t k = 0; k < depth; k++) memcpy(rows_of_a + k * MOST_ROWS, a + k * g->m, bytes);
          o.a = rows_of_a, o.row = 1, o.step = MOST_ROWS;
        } else {
          o.a = g->a + i * g->k + k0, o.row = g->k, o.step = 1;
        }
        for (size_t j = j0; j < j1; j += PANEL) {
          o.panel = panels[(j - j0) / PANEL];
          o.c = g->c + i * g->n + j;
          kernel.run(rows, (int)(j1 - j < PANEL ? j1 - j : PANEL), &o);
        }
      }
    }
  }
}
