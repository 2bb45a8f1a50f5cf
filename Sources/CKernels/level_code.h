// The code of a level, included by the files of Levels/. They define
//
//   LEVEL             the name as a part of names of functions: kernel `adam` is the function
// `adam_x86_64_v3`
//   LEVEL_NAME        the name as VAE_GPU_ISA takes it
//   LEVEL_TARGET      the features, as the attribute `target` takes them; not defined: what the
// compiler compiles for
//   LEVEL_IS_AVAILABLE   whether this processor has them
//   LEVEL_WIDE        defined where a register has 512 bits
//   VAE_WITHOUT_FMA   defined where the processor has no fused multiply-add
//
// The features are listed instead of named (`arch=x86-64-v3`): with the name clang 21 also chooses
// costs under which fewer loops become vectors. Nothing is resolved by the loader
// (`target_clones`): a level can be forced, and sanitizers, whose runtimes do not work yet in a
// resolver, see every level.
//
// Includes the system's headers first, so that their functions are not compiled for a level.
#include <math.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "level.h"

#ifdef LEVEL_TARGET
#pragma clang attribute push(__attribute__((target(LEVEL_TARGET))), apply_to = function)
#endif

#include "fp32_pack.h"
#include "fp32_tile.h"
#include "fp32_unfold.h"
#include "bf16_pack.h"
#include "bf16_plain.h"
// The dialect has a macro of this name that takes the number of rounds.
#undef UNROLL
#include "cpu_dialect.h"
#include "kernels.h"

#ifdef LEVEL_TARGET
#pragma clang attribute pop
#endif

static int is_available(void) { return LEVEL_IS_AVAILABLE; }

extern const vae_kernel VAE_TABLE_START[], VAE_TABLE_STOP[];

const vae_level VAE_CONCATENATE(vae_level_, LEVEL) = {
    .name = LEVEL_NAME,
    .is_available = is_available,
    .kernels = VAE_TABLE_START,
    .end_of_kernels = VAE_TABLE_STOP,
    .product = FP32_KERNEL,
    .pack_transposed = pack_transposed,
    .pack_panels = pack_panels,
    .unfold = unfold_images,
    .fold = fold_images,
    .pack_bf16 = pack_bf16,
    .run_bf16 = run_bf16,
};
