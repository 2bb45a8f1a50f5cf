// The OpenCL programs: kernel sources in compilation order, embedded in the binary. Every program begins with what is common.
#include "ckernels.h"

static const char common[] = {
#embed "../../Kernels/dialect.h" suffix(, '\n',)
#embed "../../Kernels/one_lane.h" suffix(, '\n',)
#embed "../../Kernels/maths.h" suffix(, '\n',)
#embed "../../Kernels/activations.h" suffix(, '\n',)
#embed "../../Kernels/epilogues.h" suffix(, '\n',)
    '\0'};

static const char operations[] = {
#embed "../../Kernels/random.h" suffix(, '\n',)
#embed "../../Kernels/densities.h" suffix(, '\n',)
#embed "../../Kernels/objective.h" suffix(, '\n',)
#embed "../../Kernels/activations.cl" suffix(, '\n',)
#embed "../../Kernels/posterior.cl" suffix(, '\n',)
#embed "../../Kernels/likelihood_forms.h" suffix(, '\n',)
#embed "../../Kernels/likelihoods.cl" suffix(, '\n',)
#embed "../../Kernels/optimal_scale.cl" suffix(, '\n',)
#embed "../../Kernels/importance.cl" suffix(, '\n',)
#embed "../../Kernels/reductions.cl" suffix(, '\n',)
#embed "../../Kernels/elementwise.cl" suffix(, '\n',)
#embed "../../Kernels/convolution.cl" suffix(, '\n',)
#embed "../../Kernels/normalisation.cl" suffix(, '\n',)
#embed "../../Kernels/data.cl" suffix(, '\n',)
#embed "../../Kernels/noise.cl" suffix(, '\n',)
#embed "../../Kernels/objective.cl" suffix(, '\n',)
#embed "../../Kernels/penalties.cl" suffix(, '\n',)
#embed "../../Kernels/optimizers.cl" suffix(, '\n',)
    '\0'};

// The matrix products are programs of their own, each built with the options of a variant.
static const char gemm_panel[] = {
#embed "../../Kernels/gemm.h" suffix(, '\n',)
#embed "../../Kernels/gemm_panel.cl" suffix(, '\n',)
    '\0'};

// What products for GPUs share, the text of one product, and the kernel of one by itself; launches
// of several commands (joined.h) have many.
static const char gemm_tiled_shared[] = {
#embed "../../Kernels/device.h" suffix(, '\n',)
#embed "../../Kernels/matrix_layouts.h" suffix(, '\n',)
#embed "../../Kernels/matrix_step.h" suffix(, '\n',)
#embed "../../Kernels/gemm_tiled.h" suffix(, '\n',)
    '\0'};

static const char gemm_tiled[] = {
#embed "../../Kernels/gemm_tiled.cl" suffix(, '\n',)
    '\0'};

static const char gemm_tiled_kernel[] = {
#embed "../../Kernels/gemm_tiled_kernel.cl" suffix(, '\n',)
    '\0'};

static const char joined[] = {
#embed "../../Kernels/joined.h" suffix(, '\n',)
    '\0'};

const char *vae_opencl_common(void) { return common; }
const char *vae_opencl_operations(void) { return operations; }
const char *vae_opencl_gemm_panel(void) { return gemm_panel; }
const char *vae_opencl_gemm_tiled_shared(void) { return gemm_tiled_shared; }
const char *vae_opencl_gemm_tiled(void) { return gemm_tiled; }
const char *vae_opencl_gemm_tiled_kernel(void) { return gemm_tiled_kernel; }
const char *vae_opencl_joined(void) { return joined; }

// Verdicts of tuning that are shipped: a JSON array of what `vae-gpu tune` writes, one element per platform.
static const char verdicts[] = {
#embed "../../Kernels/tuning.json"
    , '\0'};

const char *vae_shipped_verdicts(void) { return verdicts; }
