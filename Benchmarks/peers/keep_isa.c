// Hides instruction sets from a program: preloaded (LD_PRELOAD), this library lets the processor
// fault at every CPUID instruction (arch_prctl ARCH_SET_CPUID, Linux on x86-64, processors with
// the flag cpuid_fault) and answers it without the features above KEEP_ISA, x86-64-v2 or
// x86-64-v3. What asks the processor (MKL, oneDNN, XLA, LLVM, GCC's -march=native, cpuinfo) then
// finds one of that level. The C library has chosen its string functions before; they stay.
// Processes that the program starts inherit both.

#define _GNU_SOURCE
#include <dlfcn.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <ucontext.h>
#include <unistd.h>

enum { SET_CPUID = 0x1012 };  // ARCH_SET_CPUID: 1 answers, 0 faults

// Feature bits by leaf and register (Intel, Software Developer's Manual, volume 2A, CPUID).
typedef struct {
  uint32_t leaf, subleaf;
  uint32_t hidden[4];  // eax, ebx, ecx, edx
} hidden_features;

static const hidden_features above_v3[] = {
    // AVX-512 F, DQ, IFMA, PF, ER, CD, BW, VL; VBMI, VBMI2, VNNI, BITALG, VPOPCNTDQ; 4VNNIW,
    // 4FMAPS, VP2INTERSECT, FP16; AMX-BF16, AMX-TILE, AMX-INT8.
    {7, 0, {0, 0xDC230000u, 0x00005842u, 0x03C0010Cu}},
    // AVX-VNNI, AVX512-BF16, AMX-FP16, AVX-IFMA; AVX-VNNI-INT8, AVX-NE-CONVERT, AMX-COMPLEX,
    // AVX-VNNI-INT16, AVX10.
    {7, 1, {0x00A00030u, 0, 0, 0x00080530u}},
};

static const hidden_features above_v2[] = {
    {1, 0, {0, 0, 0x30401000u, 0}},  // FMA, MOVBE, AVX, F16C
    {7, 0, {0, 0x00000128u, 0x00000600u, 0}},  // BMI1, AVX2, BMI2; VAES, VPCLMULQDQ
    {0x80000001u, 0, {0, 0, 0x00010820u, 0}},  // LZCNT, XOP, FMA4
};

static int keeps_v2;
static struct sigaction other_action;  // of the program, for faults that no CPUID caused

static int install(const struct sigaction *action) {
  int (*next)(int, const struct sigaction *, struct sigaction *) = NULL;
  *(void **)&next = dlsym(RTLD_NEXT, "sigaction");
  return next(SIGSEGV, action, NULL);
}

static void hide(const hidden_features *list, size_t count, uint32_t leaf, uint32_t subleaf,
                 uint32_t registers[4]) {
  for (size_t i = 0; i < count; ++i) {
    // Leaf 7 alone has subleaves among these.
    if (list[i].leaf != leaf || (leaf == 7 && list[i].subleaf != subleaf)) continue;
    for (int r = 0; r < 4; ++r) registers[r] &= ~list[i].hidden[r];
  }
}

static void on_fault(int number, siginfo_t *information, void *context) {
  (void)number, (void)information;
  greg_t *state = ((ucontext_t *)context)->uc_mcontext.gregs;
  const uint8_t *instruction = (const uint8_t *)state[REG_RIP];
  if (instruction[0] != 0x0f || instruction[1] != 0xa2) {
    // Returning takes the faulting instruction again, now for the program's own handler.
    install(&other_action);
    return;
  }
  const uint32_t leaf = (uint32_t)state[REG_RAX], subleaf = (uint32_t)state[REG_RCX];
  uint32_t r[4] = {leaf, 0, subleaf, 0};
  syscall(SYS_arch_prctl, SET_CPUID, 1);
  __asm__ volatile("cpuid" : "+a"(r[0]), "=b"(r[1]), "+c"(r[2]), "=d"(r[3]));
  syscall(SYS_arch_prctl, SET_CPUID, 0);
  hide(above_v3, sizeof above_v3 / sizeof *above_v3, leaf, subleaf, r);
  if (keeps_v2) hide(above_v2, sizeof above_v2 / sizeof *above_v2, leaf, subleaf, r);
  state[REG_RAX] = r[0], state[REG_RBX] = r[1], state[REG_RCX] = r[2], state[REG_RDX] = r[3];
  state[REG_RIP] += 2;
}

// Programs with handlers of their own (GCC, Python's faulthandler) must not replace this one.
int sigaction(int number, const struct sigaction *action, struct sigaction *old) {
  if (number != SIGSEGV) {
    int (*next)(int, const struct sigaction *, struct sigaction *) = NULL;
    *(void **)&next = dlsym(RTLD_NEXT, "sigaction");
    return next(number, action, old);
  }
  if (old) *old = other_action;
  if (action) other_action = *action;
  return 0;
}

sighandler_t signal(int number, sighandler_t handler) {
  struct sigaction action, old;
  memset(&action, 0, sizeof action);
  action.sa_handler = handler;
  action.sa_flags = SA_RESTART;
  return sigaction(number, &action, &old) == 0 ? old.sa_handler : SIG_ERR;
}

__attribute__((constructor)) static void start(void) {
  const char *level = getenv("KEEP_ISA");
  keeps_v2 = level && strcmp(level, "x86-64-v2") == 0;
  if (!keeps_v2 && (!level || strcmp(level, "x86-64-v3") != 0)) {
    fprintf(stderr, "keep_isa: KEEP_ISA is x86-64-v2 or x86-64-v3, not '%s'\n", level ? level : "");
    _exit(2);
  }
  struct sigaction action;
  memset(&action, 0, sizeof action);
  action.sa_sigaction = on_fault;
  action.sa_flags = SA_SIGINFO | SA_NODEFER;
  if (install(&action) != 0 || syscall(SYS_arch_prctl, SET_CPUID, 0) != 0) {
    perror("keep_isa: CPUID does not fault on this processor");
    _exit(2);
  }
}
