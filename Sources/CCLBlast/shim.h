#ifndef VAE_CCLBLAST_SHIM_H
#define VAE_CCLBLAST_SHIM_H
#define CL_TARGET_OPENCL_VERSION 120
#include <clblast_c.h>
#endif
