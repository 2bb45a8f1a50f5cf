// Made at the first use and freed with the thread; too large for thread-local storage, of which a library that is loaded
// late gets little.
#include "workspace.h"

#include <pthread.h>
#include <stdlib.h>
#include <sys/mman.h>

#define HUGE_PAGE (2 << 20)

static pthread_key_t key, scratch_key;
static pthread_once_t once = PTHREAD_ONCE_INIT;
static void make_key(void) {
  pthread_key_create(&key, free);
  pthread_key_create(&scratch_key, free);
}

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

// The first 64 bytes hold its size.
void *vae_scratch(size_t bytes) {
  pthread_once(&once, make_key);
  size_t *own = pthread_getspecific(scratch_key);
  if (!own || *own < bytes) {
    const size_t size = (bytes + 64 + HUGE_PAGE - 1) / HUGE_PAGE * HUGE_PAGE;
    free(own);
    own = aligned_alloc(HUGE_PAGE, size);
    if (own) madvise(own, size, MADV_HUGEPAGE);
    if (!own || pthread_setspecific(scratch_key, own)) abort();
    *own = size - 64;
  }
  return (char *)own + 64;
}
