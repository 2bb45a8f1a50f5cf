// 64-bit Arm with NEON, which every such processor has.
#if defined(__aarch64__)
#define LEVEL arm64
#define LEVEL_NAME "arm64"
#define LEVEL_IS_AVAILABLE 1
#include "../level_code.h"
#else
typedef int vae_no_level;
#endif
