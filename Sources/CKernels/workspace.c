// Made at the first use and freed with the thread; too large for thread-local storage, of which a library that is loaded
// late gets little.
#include "workspace.h"

#include <pthread.h>
#include <stdlib.h>
#include <sys/mman.h>

#define HUGE_PAGE (2 << 20)

static pthread_key_t key;
static pthread_once_t once = PTHREAD_ONCE_INIT;
static void make_key(void) { pthread_key_create(&key, free); }

void *vae_workspace(void) {
  pthread_once(&once, make_key);
  void *own = pthread_getspecific(key);
  if (own) return own;
  own = aligned_alloc(HUGE_PAGE, HUGE_PAGE);
  if (own) madvise(own, HUGE_PAGE, MADV_HUGEPAGE);
  // 2 MB: without them the process is at its end anyway.
  if (!own || pthread_setspecific(key, own)) abort();
  return own;
}
