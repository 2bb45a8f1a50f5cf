// Rounding to bfloat16 by the processor's instruction, and the choice of the way to round.
#include "bf16_pack.h"

#include "level.h"

#if defined(__x86_64__)
#include <immintrin.h>

#define BF16_TARGET TARGET("avx512f,avx512bw,avx512vl,avx512bf16")
BF16_TARGET static inline void round_by_instruction(const float *low, const float *high, h32 *rounded) {
  *rounded = (h32)_mm512_cvtne2ps_pbh(_mm512_loadu_ps(high), _mm512_loadu_ps(low));
}

BF16_TARGET static void pack_by_instruction(const bf16_source *s, int paired, bf16 *packed) {
  pack(s, paired, round_by_instruction, packed);
}
#endif

void vae_bf16_pack(const vae_level *level, vae_bf16_kernel kind, const bf16_source *source, int paired, bf16 *packed) {
#if defined(__x86_64__)
  if (kind != VAE_BF16_PORTABLE) {
    pack_by_instruction(source, paired, packed);
    return;
  }
#endif
  (void)kind;
  level->pack_bf16(source, paired, packed);
}

void vae_bf16_round(const vae_level *level, vae_bf16_kernel kind, const float values[32], uint16_t rounded[32]) {
  bf16 tile[TILE];
  const bf16_source source = {.x = values, .ld = DEPTH, .extent = 1, .depth = DEPTH, .along = 1};
  vae_bf16_pack(vae_level_or_best(level), kind, &source, 0, tile);
  memcpy(rounded, tile, DEPTH * sizeof(bf16));
}
