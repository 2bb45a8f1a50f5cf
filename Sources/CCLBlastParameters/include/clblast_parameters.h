#ifndef VAE_CLBLAST_PARAMETERS_H
#define VAE_CLBLAST_PARAMETERS_H
#ifndef CL_TARGET_OPENCL_VERSION
#define CL_TARGET_OPENCL_VERSION 120
#endif
#include <CL/cl.h>
#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

// CLBlast's tuning parameters for float32, which its C interface sets but does not tell. `names` are separated by spaces;
// `values` has one for each, in their order. 0, or CLBlast's status.

int vae_clblast_retrieve(cl_device_id device, const char *kernel, const char *names, size_t *values);
int vae_clblast_override(
  cl_device_id device, const char *kernel, const char *names, const size_t *values);

#ifdef __cplusplus
}
#endif
#endif
