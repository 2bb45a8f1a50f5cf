// C = op(A) op(B) with the operands rounded to bfloat16 and sums in float32. An element of C is summed over k in tiles
// of 32 from k = 0 on, the last filled up with zeros; sums rest in C, in float32, between blocks of k. So the bits depend
// on the kernel, which has an order of its own within a tile, and neither on tiling nor on threads.
//
// What memory gives is the limit here, not multiplication: each thread packs rows of op(A) once for as much of k as its
// L2 cache holds, and takes op(B) past them a few panels at a time.
#include <string.h>

#include "level.h"
#include "workspace.h"

#define A_VALUES (512 << 10) // of op(A) packed at a time: 1 MB, half an L2 cache
#define K_BLOCK 1024         // most values of k packed at a time: a block of C is written once for each
#define B_PANELS 4           // panels of op(B) packed at a time

typedef struct {
  bf16 a[A_VALUES] __attribute__((aligned(64)));
  bf16 b[B_PANELS * SIDE * K_BLOCK] __attribute__((aligned(64)));
  float edge[4 * SIDE * SIDE] __attribute__((aligned(64)));
} workspace;
_Static_assert(sizeof(workspace) <= WORKSPACE_BYTES, "a thread's workspace is too small");

// A block of C in place, or through a buffer where it is not whole.
static void run_block(const bf16_multiplier *multiplier, bf16_block *o, size_t height, size_t width, float *edge) {
  o->rows = height > SIDE ? 2 : 1;
  o->columns = width > SIDE ? 2 : 1;
  if (height == (size_t)o->rows * SIDE && width == (size_t)o->columns * SIDE) {
    multiplier->run(o);
    return;
  }
  float *const c = o->c;
  const size_t ldc = o->ldc;
  o->c = edge, o->ldc = 2 * SIDE;
  for (size_t i = 0; i < height && o->accumulate; i++) memcpy(edge + i * o->ldc, c + i * ldc, width * sizeof(float));
  multiplier->run(o);
  for (size_t i = 0; i < height; i++) memcpy(c + i * ldc, edge + i * o->ldc, width * sizeof(float));
}

// Packed panels and the rows or columns of C that they are for.
typedef struct {
  const bf16 *values;
  size_t first, end;
} panels;

// What is packed, past each other. `tiles` are those along k.
static void run_panels(const vae_gemm *g, const bf16_multiplier *multiplier, panels a, panels b, size_t tiles,
                       int accumulate, float *edge) {
  for (size_t j = b.first; j < b.end; j += 2 * SIDE) {
    for (size_t i = a.first; i < a.end; i += 2 * SIDE) {
      bf16_block o = {.a = a.values + (i - a.first) / SIDE * tiles * TILE,
                      .b = b.values + (j - b.first) / SIDE * tiles * TILE,
                      .panel = tiles * TILE,
                      .tiles = tiles,
                      .c = g->c + i * g->n + j,
                      .ldc = g->n,
                      .accumulate = accumulate};
      run_block(multiplier, &o, least(a.end - i, 2 * SIDE), least(b.end - j, 2 * SIDE), edge);
    }
  }
}

void vae_gemm_bf16_tile(const vae_gemm *g, vae_bf16_kernel kind, size_t m0, size_t m1, size_t n0, size_t n1) {
  workspace *own = vae_workspace();
  const vae_level *level = vae_level_or_best(g->level);
  const bf16_multiplier multiplier = vae_bf16_multiplier(level, kind);
  const size_t pieces = (g->k + K_BLOCK - 1) / K_BLOCK;
  const size_t step = pieces ? ((g->k + pieces - 1) / pieces + DEPTH - 1) / DEPTH * DEPTH : DEPTH;
  const size_t rows = A_VALUES / step / (2 * SIDE) * (2 * SIDE);
  if (multiplier.begin) multiplier.begin();
  for (size_t i = m0; i < m1; i += rows) {
    const panels a = {own->a, i, least(m1, i + rows)};
    for (size_t k = 0; k < g->k; k += step) {
      const size_t depth = least(g->k - k, step);
      bf16_source source = {.ld = g->transpose_a ? g->m : g->k, .extent = a.end - i, .depth = depth};
      source.along = !g->transpose_a;
      source.x = g->transpose_a ? g->a + k * g->m + i : g->a + i * g->k + k;
      vae_bf16_pack(level, kind, &source, 0, own->a);
      for (size_t j = n0; j < n1; j += B_PANELS * SIDE) {
        const panels b = {own->b, j, least(n1, j + B_PANELS * SIDE)};
        source = (bf16_source){.ld = g->transpose_b ? g->k : g->n, .extent = b.end - j, .depth = depth};
        source.along = g->transpose_b != 0;
        source.x = g->transpose_b ? g->b + j * g->k + k : g->b + k * g->n + j;
        vae_bf16_pack(level, kind, &source, 1, own->b);
        run_panels(g, &multiplier, a, b, (depth + DEPTH - 1) / DEPTH, k > 0, own->edge);
      }
    }
  }
  if (multiplier.end) multiplier.end();
}
