// Images as matrices and back for the float32 matrix product: what `unfold` and `fold` of Kernels/convolution.cl do, a part at a time,
// so that it stays in caches.
#ifndef VAE_FP32_UNFOLD_H
#define VAE_FP32_UNFOLD_H

#include "fp32.h"

// `places` runs of `count` values, `step` apart, to rows `ld` apart.
INLINE void copy_runs(const float *restrict from, size_t step, size_t count, size_t places, float *restrict to, size_t ld) {
  for (size_t i = 0; i < places; i++) memcpy(to + i * ld, from + i * step, count * sizeof(float));
}

INLINE void add_runs(const float *restrict from, size_t step, size_t count, size_t places, float *restrict to, size_t ld) {
  for (size_t i = 0; i < places; i++)
    for (size_t j = 0; j < count; j++) to[i * ld + j] += from[i * step + j];
}

// The same for counts that the compiler knows, which stay in registers.
#define WITH(runs, n)                    \
  case n:                                \
    runs(from, step, n, places, to, ld); \
    break;
#define OF_CONSTANT_COUNT(name, runs)                                                                               \
  INLINE void name(const float *from, size_t step, size_t count, size_t places, float *to, size_t ld) {             \
    switch (count) {                                                                                                \
      WITH(runs, 1) WITH(runs, 2) WITH(runs, 3) WITH(runs, 4) WITH(runs, 6) WITH(runs, 8) WITH(runs, 12)            \
      WITH(runs, 16) WITH(runs, 32) WITH(runs, 64) WITH(runs, 128) WITH(runs, 256)                                  \
      default: runs(from, step, count, places, to, ld);                                                             \
    }                                                                                                               \
  }
OF_CONSTANT_COUNT(copy_places, copy_runs)
OF_CONSTANT_COUNT(add_places, add_runs)

// Of a run that begins at `left` of a line, the columns j0 ..< j1, zeros outside.
INLINE void copy_clipped(const float *line, ptrdiff_t length, ptrdiff_t left, size_t j0, size_t j1, float *to) {
  for (ptrdiff_t j = (ptrdiff_t)j0; j < (ptrdiff_t)j1; j++)
    to[j - (ptrdiff_t)j0] = left + j >= 0 && left + j < length ? line[left + j] : 0;
}

// Places ox0 ..< ox1 of a row of places, and columns j0 ..< j1 of one row of the kernel, which lies on `line`.
INLINE void unfold_line(const vae_geometry *g, const float *line, size_t ox0, size_t ox1, size_t j0, size_t j1, float *to,
                        size_t ld) {
  const ptrdiff_t step = (ptrdiff_t)(g->stride * g->channels), shift = (ptrdiff_t)(g->padding * g->channels);
  const ptrdiff_t length = (ptrdiff_t)(g->width * g->channels);
  size_t ox = ox0;
  for (; ox < ox1 && (ptrdiff_t)ox * step - shift + (ptrdiff_t)j0 < 0; ox++, to += ld)
    copy_clipped(line, length, (ptrdiff_t)ox * step - shift, j0, j1, to);
  // The last place whose run ends in the line.
  const ptrdiff_t room = length - (ptrdiff_t)j1 + shift;
  const size_t end = room < 0 ? 0 : least((size_t)(room / step) + 1, ox1);
  if (end > ox) {
    copy_places(line + ((ptrdiff_t)ox * step - shift + (ptrdiff_t)j0), (size_t)step, j1 - j0, end - ox, to, ld);
    to += (end - ox) * ld, ox = end;
  }
  for (; ox < ox1; ox++, to += ld) copy_clipped(line, length, (ptrdiff_t)ox * step - shift, j0, j1, to);
}

// To rows `ld` apart.
static void unfold_images(const vae_geometry *g, const float *images, unfolded_part part, float *to, size_t ld) {
  const size_t run = g->kernel_width * g->channels, k1 = part.k0 + part.columns;
  for (size_t ky = part.k0 / run; ky * run < k1; ky++) {
    const size_t j0 = ky * run > part.k0 ? 0 : part.k0 - ky * run, j1 = least(k1 - ky * run, run);
    float *column = to + (ky * run + j0 - part.k0);
    size_t row = part.first / g->out_width, ox = part.first - row * g->out_width;
    size_t n = row / g->out_height, oy = row - n * g->out_height;
    for (size_t left = part.rows; left > 0;) {
      const size_t places = least(g->out_width - ox, left);
      const size_t y = oy * g->stride + ky - g->padding; // wraps around above the image
      if (y < g->height)
        unfold_line(g, images + (n * g->height + y) * g->width * g->channels, ox, ox + places, j0, j1, column, ld);
      else
        for (size_t i = 0; i < places; i++) memset(column + i * ld, 0, (j1 - j0) * sizeof(float));
      column += places * ld, left -= places, ox = 0;
      if (++oy == g->out_height) oy = 0, n++;
    }
  }
}

// Columns kx ..< kx + columns of a row of the kernel, no more than the stride: the places' parts lie side by side in the line.
INLINE void fold_line(const vae_geometry *g, const float *from, size_t kx, size_t columns, float *line) {
  const ptrdiff_t step = (ptrdiff_t)(g->stride * g->channels), count = (ptrdiff_t)(columns * g->channels);
  const ptrdiff_t shift = ((ptrdiff_t)g->padding - (ptrdiff_t)kx) * (ptrdiff_t)g->channels;
  const ptrdiff_t length = (ptrdiff_t)(g->width * g->channels);
  const size_t unfolded = g->kernel_height * g->kernel_width * g->channels;
  for (size_t ox = 0; ox < g->out_width;) {
    const ptrdiff_t left = (ptrdiff_t)ox * step - shift;
    const ptrdiff_t room = length - count + shift;
    const size_t end = room < 0 ? 0 : least((size_t)(room / step) + 1, g->out_width);
    if (left >= 0 && end > ox) {
      add_places(from + ox * unfolded, unfolded, (size_t)count, end - ox, line + left, (size_t)step);
      ox = end;
      continue;
    }
    for (ptrdiff_t j = 0; j < count; j++)
      if (left + j >= 0 && left + j < length) line[left + j] += from[ox * unfolded + (size_t)j];
    ox++;
  }
}

static void fold_images(const vae_geometry *g, const float *unfolded, size_t first_row, size_t y0, size_t y1, float *lines) {
  const size_t length = g->width * g->channels, row = g->out_width * g->kernel_height * g->kernel_width * g->channels;
  memset(lines, 0, (y1 - y0) * length * sizeof(float));
  for (size_t y = y0; y < y1; y++, lines += length) {
    const size_t padded = y + g->padding;
    for (size_t ky = padded % g->stride; ky < g->kernel_height && ky <= padded; ky += g->stride) {
      const size_t oy = (padded - ky) / g->stride;
      if (oy >= g->out_height) continue;
      const float *from = unfolded + (oy - first_row) * row + ky * g->kernel_width * g->channels;
      for (size_t kx = 0; kx < g->kernel_width; kx += g->stride)
        fold_line(g, from + kx * g->channels, kx, least(g->stride, g->kernel_width - kx), lines);
    }
  }
}

#endif
