// Which bf16 kernels this machine can run.
#include "level.h"

#if defined(__x86_64__) && defined(__linux__)
#include <cpuid.h>
#include <pthread.h>
#include <sys/syscall.h>
#include <unistd.h>

#define ARCH_REQ_XCOMP_PERM 0x1023
#define XFEATURE_XTILEDATA 18
#define AMX_BF16 (1u << 22)
#define AMX_TILE (1u << 24)

static int has_avx512, has_amx;
static pthread_once_t once = PTHREAD_ONCE_INIT;

// The tile registers are large, so Linux gives them to a process that asks (Documentation/arch/x86/xstate.rst). Once is
// enough for all of its threads.
static void look(void) {
  has_avx512 = __builtin_cpu_supports("x86-64-v4") && __builtin_cpu_supports("avx512bf16");
  unsigned eax, ebx, ecx, edx;
  const int is_there = __get_cpuid_count(7, 0, &eax, &ebx, &ecx, &edx) && edx & AMX_BF16 && edx & AMX_TILE;
  has_amx = has_avx512 && is_there && syscall(SYS_arch_prctl, ARCH_REQ_XCOMP_PERM, XFEATURE_XTILEDATA) == 0;
}

int vae_bf16_is_available(vae_bf16_kernel kind) {
  pthread_once(&once, look);
  return kind == VAE_BF16_AMX ? has_amx : kind == VAE_BF16_AVX512 ? has_avx512 : 1;
}
#else
int vae_bf16_is_available(vae_bf16_kernel kind) { return kind == VAE_BF16_PORTABLE; }
#endif

vae_bf16_kernel vae_bf16_best(const vae_level *level) {
#if defined(__x86_64__)
  // A lower level leaves the instructions of higher ones alone.
  if (vae_level_or_best(level) != &vae_level_x86_64_v4) return VAE_BF16_PORTABLE;
#endif
  (void)level;
  if (vae_bf16_is_available(VAE_BF16_AMX)) return VAE_BF16_AMX;
  return vae_bf16_is_available(VAE_BF16_AVX512) ? VAE_BF16_AVX512 : VAE_BF16_PORTABLE;
}

const char *vae_bf16_instruction_set(const vae_level *level) {
  switch (vae_bf16_best(level)) {
  case VAE_BF16_AMX: return "AMX-BF16";
  case VAE_BF16_AVX512: return "AVX512-BF16";
  default: return NULL;
  }
}
