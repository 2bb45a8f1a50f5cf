// A library for LD_PRELOAD that makes the n-th call of a libc function on some files fail, or ends the process in it.
//
//   FAULT_CALL     open, read, write, fsync, close, lseek, rename, mkdir, unlink, flock
//   FAULT_NUMBER   the call that is hit: 1 is the first
//   FAULT_ACTION   kill: SIGKILL in place of the call; kill-after: SIGKILL behind it; short: half of a read or write; else the
//                  errno of the failure
//   FAULT_WITHIN   only files whose absolute path has this text count
//   FAULT_REPEAT   1: every later call is hit, too (a disk stays full)
//   FAULT_COUNTS   a file that gets "call count" lines at the end of the process
//   FAULT_CLOCK    seconds that the wall clock steps by, at its call FAULT_NUMBER
//   FAULT_HIT      a file that is made when the fault happens
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#define EACH_CALL(do) do(open) do(read) do(write) do(fsync) do(close) do(lseek) do(rename) do(mkdir) do(unlink) do(flock) do(clock)
#define NUMBERED(name) call_##name,
#define NAMED(name) #name,
enum { EACH_CALL(NUMBERED) calls };
static const char *const names[] = {EACH_CALL(NAMED)};

enum { fail, kill_before, kill_after, shorten };
static struct {
  int call, action, code, repeats;
  long number, step;
  const char *within, *counts, *hit;
} fault = {.call = -1};
static atomic_long counted[calls];

__attribute__((constructor)) static void begin(void) {
  const char *call = getenv("FAULT_CALL"), *number = getenv("FAULT_NUMBER"), *action = getenv("FAULT_ACTION");
  const char *repeats = getenv("FAULT_REPEAT"), *step = getenv("FAULT_CLOCK");
  fault.within = getenv("FAULT_WITHIN");
  fault.counts = getenv("FAULT_COUNTS");
  fault.hit = getenv("FAULT_HIT");
  fault.number = number ? atol(number) : 0;
  fault.step = step ? atol(step) : 0;
  fault.repeats = repeats && atoi(repeats);
  for (int i = 0; call && i < calls; i++)
    if (strcmp(call, names[i]) == 0) fault.call = i;
  if (!action) return;
  fault.action = strcmp(action, "kill") == 0         ? kill_before
                 : strcmp(action, "kill-after") == 0 ? kill_after
                 : strcmp(action, "short") == 0      ? shorten
                                                     : fail;
  fault.code = atoi(action);
}

static void put(const char *path, const char *text, int flags) {
  int file = (int)syscall(SYS_openat, AT_FDCWD, path, O_WRONLY | O_CREAT | flags, 0666);
  if (file < 0) return;
  (void)!syscall(SYS_write, file, text, strlen(text));
  syscall(SYS_close, file);
}

__attribute__((destructor)) static void end(void) {
  char text[1024] = "";
  for (int i = 0; i < calls; i++)
    snprintf(text + strlen(text), sizeof text - strlen(text), "%s %ld\n", names[i], atomic_load(&counted[i]));
  if (fault.counts) put(fault.counts, text, O_TRUNC);
}

static int path_counts(const char *path) {
  if (!fault.within) return 1;
  char whole[2 * PATH_MAX];
  if (!path) return 0;
  if (path[0] == '/') return strstr(path, fault.within) != NULL;
  if (!getcwd(whole, PATH_MAX)) return 0;
  snprintf(whole + strlen(whole), PATH_MAX, "/%s", path);
  return strstr(whole, fault.within) != NULL;
}

static int file_counts(int file) {
  if (!fault.within) return 1;
  char link[64], path[PATH_MAX];
  snprintf(link, sizeof link, "/proc/self/fd/%d", file);
  ssize_t length = syscall(SYS_readlink, link, path, sizeof path - 1);
  if (length <= 0) return 0;
  path[length] = 0;
  return path_counts(path);
}

static void die(void) {
  kill(getpid(), SIGKILL);
  for (;;) pause();
}

// Whether this call is the one that is hit; a kill does not come back.
static int hits(int call) {
  long number = atomic_fetch_add(&counted[call], 1) + 1;
  if (call != fault.call || number < fault.number || (number > fault.number && !fault.repeats)) return 0;
  if (fault.hit) put(fault.hit, "", 0);
  if (fault.action == kill_before) die();
  return 1;
}

#define REAL(name) \
  static __typeof__(name) *real; \
  if (!real) real = (__typeof__(name) *)dlsym(RTLD_NEXT, #name);

// A call of a function whose arguments and result are `arguments`; hit, it fails or is the last one.
#define CALL(call, counts, ...) \
  int hit = (counts) && hits(call); \
  if (hit && fault.action == fail) { \
    errno = fault.code; \
    return -1; \
  } \
  __auto_type result = real(__VA_ARGS__); \
  if (hit && fault.action == kill_after) die(); \
  return result;

#define OPEN(name) \
  int name(const char *path, int flags, ...) { \
    REAL(name) \
    va_list list; \
    va_start(list, flags); \
    mode_t mode = flags & (O_CREAT | O_TMPFILE) ? va_arg(list, mode_t) : 0; \
    va_end(list); \
    CALL(call_open, path_counts(path), path, flags, mode) \
  }
OPEN(open)
OPEN(open64)

#define OPENAT(name) \
  int name(int directory, const char *path, int flags, ...) { \
    REAL(name) \
    va_list list; \
    va_start(list, flags); \
    mode_t mode = flags & (O_CREAT | O_TMPFILE) ? va_arg(list, mode_t) : 0; \
    va_end(list); \
    CALL(call_open, path_counts(path), directory, path, flags, mode) \
  }
OPENAT(openat)
OPENAT(openat64)

ssize_t read(int file, void *bytes, size_t count) {
  REAL(read)
  if (fault.action == shorten && fault.call == call_read && count > 1 && file_counts(file) && hits(call_read))
    return real(file, bytes, count / 2);
  CALL(call_read, file_counts(file), file, bytes, count)
}

ssize_t write(int file, const void *bytes, size_t count) {
  REAL(write)
  if (fault.action == shorten && fault.call == call_write && count > 1 && file_counts(file) && hits(call_write))
    return real(file, bytes, count / 2);
  CALL(call_write, file_counts(file), file, bytes, count)
}

int fsync(int file) {
  REAL(fsync)
  CALL(call_fsync, file_counts(file), file)
}

off_t lseek(int file, off_t offset, int from) {
  REAL(lseek)
  CALL(call_lseek, file_counts(file), file, offset, from)
}

off64_t lseek64(int file, off64_t offset, int from) {
  REAL(lseek64)
  CALL(call_lseek, file_counts(file), file, offset, from)
}

// Linux frees the descriptor whatever close reports.
int close(int file) {
  REAL(close)
  int hit = file_counts(file) && hits(call_close);
  int result = real(file);
  if (hit && fault.action == kill_after) die();
  if (hit && fault.action == fail) {
    errno = fault.code;
    return -1;
  }
  return result;
}

int rename(const char *from, const char *to) {
  REAL(rename)
  CALL(call_rename, path_counts(to), from, to)
}

int renameat(int from_directory, const char *from, int to_directory, const char *to) {
  REAL(renameat)
  CALL(call_rename, path_counts(to), from_directory, from, to_directory, to)
}

int mkdir(const char *path, mode_t mode) {
  REAL(mkdir)
  CALL(call_mkdir, path_counts(path), path, mode)
}

int unlink(const char *path) {
  REAL(unlink)
  CALL(call_unlink, path_counts(path), path)
}

int flock(int file, int operation) {
  REAL(flock)
  CALL(call_flock, file_counts(file), file, operation)
}

static long stepped(void) {
  long number = atomic_fetch_add(&counted[call_clock], 1) + 1;
  return number >= fault.number ? fault.step : 0;
}

int clock_gettime(clockid_t clock, struct timespec *time) {
  REAL(clock_gettime)
  int result = real(clock, time);
  if (clock == CLOCK_REALTIME && fault.step) time->tv_sec += stepped();
  return result;
}

int gettimeofday(struct timeval *restrict time, void *restrict zone) {
  REAL(gettimeofday)
  int result = real(time, zone);
  if (fault.step) time->tv_sec += stepped();
  return result;
}

time_t time(time_t *place) {
  REAL(time)
  time_t now = real(NULL) + (fault.step ? stepped() : 0);
  if (place) *place = now;
  return now;
}
