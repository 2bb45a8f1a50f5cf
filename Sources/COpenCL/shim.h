#ifndef VAE_COPENCL_SHIM_H
#define VAE_COPENCL_SHIM_H
#define CL_TARGET_OPENCL_VERSION 120
#include <CL/cl.h>
#endif
