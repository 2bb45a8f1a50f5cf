#define REAL_IS_DOUBLE 1
#define LEVEL float64
#include "cpu_dialect.h"
#include "kernels.h"

extern const vae_kernel VAE_TABLE_START[], VAE_TABLE_STOP[];

const vae_kernel *vae_kernels_f64(size_t *count) {
  *count = (size_t)(VAE_TABLE_STOP - VAE_TABLE_START);
  return VAE_TABLE_START;
}
