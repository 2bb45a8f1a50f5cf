// C = op(A) op(B) in float32 with a fixed meaning: every element of C is the sum over k = 0, 1, 2, ... by fused
// multiply-adds into one accumulator. Any tiling then gives the same bits, so results depend neither on the number of
// threads nor on the instruction set, and they equal those of a device kernel that adds in this order (CLBlast's do).
//
// The scheme of Goto & van de Geijn 2008: op(B) is packed in panels, a transposed A in blocks of rows, and a register
// tile of C stays in vector registers while k runs; between blocks of k the sums rest in C.
#include <string.h>

#include "level.h"
#include "workspace.h"

#define K_BLOCK 512 // most values of k in a packed panel
#define M_BLOCK 528 // most rows at a time
#define GROUP 8     // most panels packed at a time
#define FEW_ROWS 384
#define PANEL 8192 // values of a panel that stays in the L1 cache

// How much is packed at a time. Few rows want each panel used at once, from the L1 cache; many rows go past a group of
// deep panels, so that each row tile is read less often (measured on shapes of training steps).
typedef struct {
  size_t depth, panels;
} blocking;

static blocking choose_blocking(size_t rows, size_t k, size_t width) {
  const size_t most = rows > FEW_ROWS ? K_BLOCK : least(K_BLOCK, PANEL / width);
  const size_t pieces = (k + most - 1) / most;
  return (blocking){pieces ? (k + pieces - 1) / pieces : 1, rows > FEW_ROWS ? GROUP : 1};
}

// What a thread packs into.
typedef struct {
  float blocks[M_BLOCK * K_BLOCK] __attribute__((aligned(64)));
  float panels[GROUP][K_BLOCK * MOST_COLUMNS] __attribute__((aligned(64)));
} workspace;
_Static_assert(sizeof(workspace) <= WORKSPACE_BYTES, "a thread's workspace is too small");

// Panels of a B that lies as images, columns j0 ..< j1.
static void unfold_panels(const vae_level *level, const vae_gemm *g, size_t k0, size_t depth, size_t j0, size_t j1,
                          workspace *own) {
  const size_t width = level->product.columns;
  for (size_t j = j0; j < j1; j += width) {
    float *panel = own->panels[(j - j0) / width];
    const unfolded_part part = {.first = k0, .rows = depth, .k0 = j, .columns = least(j1 - j, width)};
    if (part.columns < width) memset(panel, 0, depth * width * sizeof(float));
    level->unfold(&g->geometry, g->b, part, panel, width);
  }
}

void vae_gemm_tile(const vae_gemm *g, size_t m0, size_t m1, size_t n0, size_t n1) {
  workspace *own = vae_workspace();
  const vae_level *level = vae_level_or_best(g->level);
  const fp32_kernel kernel = level->product;
  const size_t height = kernel.rows, width = kernel.columns;
  const int unfolds_a = g->images == VAE_IMAGES_A, unfolds_b = g->images == VAE_IMAGES_B;
  const blocking step = choose_blocking(g->m, g->k, width);
  for (size_t i0 = m0; i0 < m1; i0 += M_BLOCK) {
    const size_t i1 = least(m1, i0 + M_BLOCK);
    for (size_t k0 = 0; k0 < g->k; k0 += step.depth) {
      const size_t depth = least(g->k - k0, step.depth);
      if (unfolds_a)
        level->unfold(&g->geometry, g->a, (unfolded_part){i0, i1 - i0, k0, depth}, own->blocks, depth);
      if (g->transpose_a)
        level->pack_panels(g->a + k0 * g->m + i0, g->m, i1 - i0, depth, own->blocks, height, height * depth);
      for (size_t j0 = n0; j0 < n1; j0 += step.panels * width) {
        const size_t j1 = least(n1, j0 + step.panels * width);
        for (size_t j = j0; g->transpose_b && j < j1; j += width)
          level->pack_transposed(g->b + j * g->k + k0, g->k, least(j1 - j, width), depth, own->panels[(j - j0) / width],
                                 width);
        if (unfolds_b) unfold_panels(level, g, k0, depth, j0, j1, own);
        if (!g->transpose_b && !unfolds_b)
          level->pack_panels(g->b + k0 * g->n + j0, g->n, j1 - j0, depth, own->panels[0], width, K_BLOCK * MOST_COLUMNS);
        for (size_t i = i0; i < i1; i += height) {
          fp32_tile o = {.rows = (int)least(i1 - i, height), .ldc = g->n, .depth = depth, .accumulate = k0 > 0};
          o.packed = g->transpose_a;
          o.a = o.packed || unfolds_a ? own->blocks + (i - i0) * depth : g->a + i * g->k + k0;
          o.row = unfolds_a ? depth : g->k;
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

void vae_fold(const vae_level *level, const vae_geometry *geometry, const float *unfolded, size_t first_row, size_t y0,
              size_t y1, float *lines) {
  vae_level_or_best(level)->fold(geometry, unfolded, first_row, y0, y1, lines);
}
