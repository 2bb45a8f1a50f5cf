#ifndef VAE_COPENBLAS_SHIM_H
#define VAE_COPENBLAS_SHIM_H
#include <cblas.h>
#endif
