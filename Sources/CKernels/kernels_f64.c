#define REAL_IS_DOUBLE 1
#include "cpu_dialect.h"
#include "kernels.h"

extern const vae_kernel __start_vae_table_f64[], __stop_vae_table_f64[];

const vae_kernel *vae_kernels_f64(size_t *count) {
  *count = (size_t)(__stop_vae_table_f64 - __start_vae_table_f64);
  return __start_vae_table_f64;
}
