// AVX-512.
#if defined(__x86_64__)
#define LEVEL x86_64_v4
#define LEVEL_NAME "x86-64-v4"
#define LEVEL_TARGET "avx2,bmi,bmi2,f16c,fma,lzcnt,movbe,popcnt,crc32,cx16,sahf,avx512f,avx512bw,avx512cd,avx512dq,avx512vl"
#define LEVEL_IS_AVAILABLE __builtin_cpu_supports("x86-64-v4")
#define LEVEL_WIDE
#include "../level_code.h"
#else
typedef int vae_no_level;
#endif
