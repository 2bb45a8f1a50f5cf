// The lowest level of x86-64: SSE4.2, every processor since 2013 and most before.
#if defined(__x86_64__)
#define LEVEL x86_64_v2
#define LEVEL_NAME "x86-64-v2"
#define LEVEL_TARGET "sse4.2,popcnt,cx16,sahf"
#define LEVEL_IS_AVAILABLE __builtin_cpu_supports("x86-64-v2")
#define VAE_WITHOUT_FMA
#include "../level_code.h"
#else
typedef int vae_no_level;
#endif
