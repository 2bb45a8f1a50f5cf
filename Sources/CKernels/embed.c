// The OpenCL program: every kernel source in compilation order, embedded in the binary.
#include "ckernels.h"

static const char source[] = {
#embed "../../Kernels/dialect.h" suffix(, '\n',)
#embed "../../Kernels/maths.h" suffix(, '\n',)
#embed "../../Kernels/random.h" suffix(, '\n',)
#embed "../../Kernels/activations.h" suffix(, '\n',)
#embed "../../Kernels/densities.h" suffix(, '\n',)
#embed "../../Kernels/activations.cl" suffix(, '\n',)
#embed "../../Kernels/posterior.cl" suffix(, '\n',)
#embed "../../Kernels/likelihoods.cl" suffix(, '\n',)
#embed "../../Kernels/reductions.cl" suffix(, '\n',)
#embed "../../Kernels/elementwise.cl" suffix(, '\n',)
#embed "../../Kernels/data.cl" suffix(, '\n',)
#embed "../../Kernels/noise.cl" suffix(, '\n',)
#embed "../../Kernels/objective.cl" suffix(, '\n',)
#embed "../../Kernels/optimizers.cl" suffix(, '\n',)
    '\0'};

const char *vae_opencl_source(void) { return source; }
