#include "cpu_dialect.h"
#include "kernels.h"

extern const vae_kernel __start_vae_table_f32[], __stop_vae_table_f32[];

const vae_kernel *vae_kernels_f32(size_t *count) {
  *count = (size_t)(__stop_vae_table_f32 - __start_vae_table_f32);
  return __start_vae_table_f32;
}

void vae_philox(const uint32_t counter[4], const uint32_t key[2], uint32_t words[4]) {
  philox(counter[0], counter[1], counter[2], counter[3], key[0], key[1], words);
}
