// Any other processor, by what the compiler has for it.
#if !defined(__x86_64__) && !defined(__aarch64__)
#define LEVEL portable
#define LEVEL_NAME "portable"
#define LEVEL_IS_AVAILABLE 1
#include "../level_code.h"
#else
typedef int vae_no_level;
#endif
