// An OpenCL layer that makes the n-th call of the process fail, CLBlast's calls included. For tests only. Build it with
// `cc -shared -fPIC` and set OPENCL_LAYERS to its path; the loader needs layers (ocl-icd 2.3, Khronos' loader of 2021).
//
//   FAULT_NUMBER   the call that fails: 1 is the first
//   FAULT_STATUS   the status that it returns, such as -4 (CL_MEM_OBJECT_ALLOCATION_FAILURE)
//   FAULT_CALL     only calls of this function count
//   FAULT_REPEAT   1: every later call fails, too (a device that is lost)
//   FAULT_COUNTS   a file that gets "call count" lines at the end of the process
#define CL_TARGET_OPENCL_VERSION 300
#include <CL/cl_layer.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const cl_icd_dispatch *driver;
// Entries that stay NULL are the driver's.
static cl_icd_dispatch layer;

static struct {
  long number;
  cl_int status;
  int repeats;
  const char *call;
} fault;
static atomic_long counted;

// Functions that return a status.
#define EACH_STATUS(f)                                                                                                     \
  f(clGetPlatformIDs, (cl_uint a, cl_platform_id *b, cl_uint *c), (a, b, c))                                               \
  f(clGetPlatformInfo, (cl_platform_id a, cl_platform_info b, size_t c, void *d, size_t *e), (a, b, c, d, e))              \
  f(clGetDeviceIDs, (cl_platform_id a, cl_device_type b, cl_uint c, cl_device_id *d, cl_uint *e), (a, b, c, d, e))         \
  f(clGetDeviceInfo, (cl_device_id a, cl_device_info b, size_t c, void *d, size_t *e), (a, b, c, d, e))                    \
  f(clReleaseContext, (cl_context a), (a))                                                                                 \
  f(clReleaseCommandQueue, (cl_command_queue a), (a))                                                                      \
  f(clGetCommandQueueInfo, (cl_command_queue a, cl_command_queue_info b, size_t c, void *d, size_t *e), (a, b, c, d, e))   \
  f(clReleaseMemObject, (cl_mem a), (a))                                                                                   \
  f(clGetMemObjectInfo, (cl_mem a, cl_mem_info b, size_t c, void *d, size_t *e), (a, b, c, d, e))                          \
  f(clBuildProgram,                                                                                                        \
    (cl_program a, cl_uint b, const cl_device_id *c, const char *d, void(CL_CALLBACK * e)(cl_program, void *), void *g),   \
    (a, b, c, d, e, g))                                                                                                    \
  f(clGetProgramInfo, (cl_program a, cl_program_info b, size_t c, void *d, size_t *e), (a, b, c, d, e))                    \
  f(clGetProgramBuildInfo, (cl_program a, cl_device_id b, cl_program_build_info c, size_t d, void *e, size_t *g),          \
    (a, b, c, d, e, g))                                                                                                    \
  f(clReleaseProgram, (cl_program a), (a))                                                                                 \
  f(clReleaseKernel, (cl_kernel a), (a))                                                                                   \
  f(clSetKernelArg, (cl_kernel a, cl_uint b, size_t c, const void *d), (a, b, c, d))                                       \
  f(clGetKernelWorkGroupInfo,                                                                                              \
    (cl_kernel a, cl_device_id b, cl_kernel_work_group_info c, size_t d, void *e, size_t *g), (a, b, c, d, e, g))          \
  f(clWaitForEvents, (cl_uint a, const cl_event *b), (a, b))                                                               \
  f(clReleaseEvent, (cl_event a), (a))                                                                                     \
  f(clGetEventProfilingInfo, (cl_event a, cl_profiling_info b, size_t c, void *d, size_t *e), (a, b, c, d, e))             \
  f(clFlush, (cl_command_queue a), (a))                                                                                    \
  f(clFinish, (cl_command_queue a), (a))                                                                                   \
  f(clEnqueueReadBuffer,                                                                                                   \
    (cl_command_queue a, cl_mem b, cl_bool c, size_t d, size_t e, void *g, cl_uint h, const cl_event *i, cl_event *j),     \
    (a, b, c, d, e, g, h, i, j))                                                                                           \
  f(clEnqueueWriteBuffer,                                                                                                  \
    (cl_command_queue a, cl_mem b, cl_bool c, size_t d, size_t e, const void *g, cl_uint h, const cl_event *i,             \
     cl_event *j),                                                                                                         \
    (a, b, c, d, e, g, h, i, j))                                                                                           \
  f(clEnqueueCopyBuffer,                                                                                                   \
    (cl_command_queue a, cl_mem b, cl_mem c, size_t d, size_t e, size_t g, cl_uint h, const cl_event *i, cl_event *j),     \
    (a, b, c, d, e, g, h, i, j))                                                                                           \
  f(clEnqueueFillBuffer,                                                                                                   \
    (cl_command_queue a, cl_mem b, const void *c, size_t d, size_t e, size_t g, cl_uint h, const cl_event *i,              \
     cl_event *j),                                                                                                         \
    (a, b, c, d, e, g, h, i, j))                                                                                           \
  f(clEnqueueMarkerWithWaitList, (cl_command_queue a, cl_uint b, const cl_event *c, cl_event *d), (a, b, c, d))            \
  f(clEnqueueNDRangeKernel,                                                                                                \
    (cl_command_queue a, cl_kernel b, cl_uint c, const size_t *d, const size_t *e, const size_t *g, cl_uint h,             \
     const cl_event *i, cl_event *j),                                                                                      \
    (a, b, c, d, e, g, h, i, j))

// Functions that return an object and write a status.
#define EACH_OBJECT(f)                                                                                                     \
  f(cl_context, clCreateContext,                                                                                           \
    (const cl_context_properties *a, cl_uint b, const cl_device_id *c,                                                     \
     void(CL_CALLBACK * d)(const char *, const void *, size_t, void *), void *e, cl_int *status),                          \
    (a, b, c, d, e, status))                                                                                               \
  f(cl_command_queue, clCreateCommandQueue,                                                                                \
    (cl_context a, cl_device_id b, cl_command_queue_properties c, cl_int *status), (a, b, c, status))                      \
  f(cl_mem, clCreateBuffer, (cl_context a, cl_mem_flags b, size_t c, void *d, cl_int *status), (a, b, c, d, status))       \
  f(cl_mem, clCreateSubBuffer, (cl_mem a, cl_mem_flags b, cl_buffer_create_type c, const void *d, cl_int *status),         \
    (a, b, c, d, status))                                                                                                  \
  f(cl_program, clCreateProgramWithSource,                                                                                 \
    (cl_context a, cl_uint b, const char **c, const size_t *d, cl_int *status), (a, b, c, d, status))                      \
  f(cl_program, clCreateProgramWithBinary,                                                                                 \
    (cl_context a, cl_uint b, const cl_device_id *c, const size_t *d, const unsigned char **e, cl_int *g, cl_int *status), \
    (a, b, c, d, e, g, status))                                                                                            \
  f(cl_kernel, clCreateKernel, (cl_program a, const char *b, cl_int *status), (a, b, status))

#define NUMBERED(name, ...) call_##name,
#define NUMBERED_OBJECT(type, name, ...) call_##name,
#define NAMED(name, ...) #name,
#define NAMED_OBJECT(type, name, ...) #name,
enum { EACH_STATUS(NUMBERED) EACH_OBJECT(NUMBERED_OBJECT) calls };
static const char *const names[] = {EACH_STATUS(NAMED) EACH_OBJECT(NAMED_OBJECT)};
static atomic_long counts[calls];

static int fails(int call) {
  atomic_fetch_add(&counts[call], 1);
  if (fault.call != NULL && strcmp(fault.call, names[call]) != 0) return 0;
  const long number = atomic_fetch_add(&counted, 1) + 1;
  return fault.number > 0 && (fault.repeats ? number >= fault.number : number == fault.number);
}

#define DEFINE(name, parameters, arguments)                        \
  static CL_API_ENTRY cl_int CL_API_CALL fail_##name parameters { \
    return fails(call_##name) ? fault.status : driver->name arguments; \
  }
#define DEFINE_OBJECT(type, name, parameters, arguments)          \
  static CL_API_ENTRY type CL_API_CALL fail_##name parameters {   \
    if (!fails(call_##name)) return driver->name arguments;        \
    if (status != NULL) *status = fault.status;                    \
    return NULL;                                                   \
  }
EACH_STATUS(DEFINE)
EACH_OBJECT(DEFINE_OBJECT)

__attribute__((destructor)) static void end(void) {
  const char *path = getenv("FAULT_COUNTS");
  FILE *file = path != NULL ? fopen(path, "w") : NULL;
  if (file == NULL) return;
  for (int i = 0; i < calls; i++) fprintf(file, "%s %ld\n", names[i], atomic_load(&counts[i]));
  fclose(file);
}

CL_API_ENTRY cl_int CL_API_CALL clGetLayerInfo(cl_layer_info name, size_t size, void *value, size_t *size_ret) {
  if (name != CL_LAYER_API_VERSION) return CL_INVALID_VALUE;
  const cl_layer_api_version version = CL_LAYER_API_VERSION_100;
  if (value != NULL) {
    if (size < sizeof version) return CL_INVALID_VALUE;
    memcpy(value, &version, sizeof version);
  }
  if (size_ret != NULL) *size_ret = sizeof version;
  return CL_SUCCESS;
}

#define ENTER(name, ...) layer.name = fail_##name;
#define ENTER_OBJECT(type, name, ...) layer.name = fail_##name;

CL_API_ENTRY cl_int CL_API_CALL clInitLayer(cl_uint entries, const cl_icd_dispatch *target, cl_uint *layer_entries,
                                            const cl_icd_dispatch **layer_dispatch) {
  if (target == NULL || layer_entries == NULL || layer_dispatch == NULL) return CL_INVALID_VALUE;
  const cl_uint own = sizeof layer / sizeof(void *);
  if (entries < own) return CL_INVALID_VALUE;
  const char *number = getenv("FAULT_NUMBER"), *status = getenv("FAULT_STATUS"), *repeats = getenv("FAULT_REPEAT");
  fault.number = number != NULL ? atol(number) : 0;
  fault.status = status != NULL ? atoi(status) : CL_OUT_OF_RESOURCES;
  fault.repeats = repeats != NULL && atoi(repeats);
  fault.call = getenv("FAULT_CALL");
  driver = target;
  EACH_STATUS(ENTER)
  EACH_OBJECT(ENTER_OBJECT)
  *layer_entries = own;
  *layer_dispatch = &layer;
  return CL_SUCCESS;
}
