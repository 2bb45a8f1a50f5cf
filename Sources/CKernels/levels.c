// Which instruction sets there are and which of them this processor has.
#include "level.h"

static const vae_level *const levels[] = {
#if defined(__x86_64__)
    &vae_level_x86_64_v2, &vae_level_x86_64_v3, &vae_level_x86_64_v4,
#elif defined(__aarch64__)
    &vae_level_arm64,
#else
    &vae_level_portable,
#endif
};
static const size_t level_count = sizeof levels / sizeof *levels;

const vae_level *const *vae_levels(size_t *count) {
  *count = level_count;
  return levels;
}

const char *vae_level_name(const vae_level *level) { return level->name; }
int vae_level_is_available(const vae_level *level) { return level->is_available(); }

const vae_level *vae_best_level(void) {
  size_t best = level_count - 1;
  while (best > 0 && !levels[best]->is_available()) best--;
  return levels[best];
}

const vae_level *vae_level_or_best(const vae_level *level) { return level ? level : vae_best_level(); }

const vae_kernel *vae_kernels_f32(const vae_level *level, size_t *count) {
  *count = (size_t)(level->end_of_kernels - level->kernels);
  return level->kernels;
}
