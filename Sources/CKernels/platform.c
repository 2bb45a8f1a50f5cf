#include <dlfcn.h>
#include <sched.h>
#include <signal.h>
#ifdef __linux__
#include <sys/prctl.h>
#endif

#include "ckernels.h"

int vae_available_processors(void) {
  cpu_set_t set;
  return sched_getaffinity(0, sizeof set, &set) == 0 ? CPU_COUNT(&set) : 1;
}

const char *vae_library_of(const void *symbol) {
  Dl_info place;
  return dladdr(symbol, &place) != 0 ? place.dli_fname : NULL;
}

void vae_end_with_parent(void) {
#ifdef __linux__
  prctl(PR_SET_PDEATHSIG, SIGKILL);
#endif
}
