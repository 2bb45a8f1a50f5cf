// An instruction set that the CPU's kernels are compiled for: what a file of Levels/ makes of the
// headers of this folder. All levels compute the same bits.
#ifndef VAE_LEVEL_H
#define VAE_LEVEL_H

#include "bf16.h"
#include "ckernels.h"
#include "fp32.h"

struct vae_level {
  const char *name;
  int (*is_available)(void);
  const vae_kernel *kernels, *end_of_kernels;
  // Products of float32.
  fp32_kernel product;
  void (*pack_transposed)(const float *x, size_t ld, size_t count, size_t depth, float *packed, size_t stride);
  void (*pack_panels)(const float *x, size_t ld, size_t count, size_t depth, float *packed, size_t stride, size_t size);
  void (*unfold)(const vae_geometry *geometry, const float *images, unfolded_part part, float *to, size_t ld);
  void (*fold)(const vae_geometry *geometry, const float *unfolded, size_t first_row, size_t y0, size_t y1, float *lines);
  // Products of bf16 without instructions for it.
  void (*pack_bf16)(const bf16_source *source, int paired, bf16 *packed);
  void (*run_bf16)(const bf16_block *block);
};

#if defined(__x86_64__)
extern const vae_level vae_level_x86_64_v2, vae_level_x86_64_v3, vae_level_x86_64_v4;
#elif defined(__aarch64__)
extern const vae_level vae_level_arm64;
#else
extern const vae_level vae_level_portable;
#endif

// `level`, or the best of this processor where it is NULL.
const vae_level *vae_level_or_best(const vae_level *level);

#endif
