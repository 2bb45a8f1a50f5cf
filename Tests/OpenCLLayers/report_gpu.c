// An OpenCL layer that makes every device report CL_DEVICE_TYPE_GPU, so that the code for GPUs (kernels with 64 lanes,
// CLBlast) runs on the drivers of processors. For tests only. Build it with `cc -shared -fPIC` and set OPENCL_LAYERS to its
// path; the loader needs layers (ocl-icd 2.3, Khronos' loader of 2021).
#define CL_TARGET_OPENCL_VERSION 300
#include <CL/cl_layer.h>
#include <string.h>

static const cl_icd_dispatch *driver;
// Entries that stay NULL are the driver's.
static cl_icd_dispatch layer;

static cl_int write_type(size_t size, void *value, size_t *size_ret) {
  const cl_device_type type = CL_DEVICE_TYPE_GPU;
  if (value != NULL) {
    if (size < sizeof type) return CL_INVALID_VALUE;
    memcpy(value, &type, sizeof type);
  }
  if (size_ret != NULL) *size_ret = sizeof type;
  return CL_SUCCESS;
}

static CL_API_ENTRY cl_int CL_API_CALL get_device_info(cl_device_id device, cl_device_info name, size_t size, void *value,
                                                       size_t *size_ret) {
  if (name == CL_DEVICE_TYPE) return write_type(size, value, size_ret);
  return driver->clGetDeviceInfo(device, name, size, value, size_ret);
}

// Devices are GPUs here and nothing else: a search for GPUs finds all of them, one for other types finds none.
static CL_API_ENTRY cl_int CL_API_CALL get_device_ids(cl_platform_id platform, cl_device_type type, cl_uint capacity,
                                                      cl_device_id *devices, cl_uint *count) {
  const cl_device_type gpus = CL_DEVICE_TYPE_GPU | CL_DEVICE_TYPE_DEFAULT;
  if (type != CL_DEVICE_TYPE_ALL && (type & gpus) == 0) {
    if (count != NULL) *count = 0;
    return CL_DEVICE_NOT_FOUND;
  }
  return driver->clGetDeviceIDs(platform, CL_DEVICE_TYPE_ALL, capacity, devices, count);
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

CL_API_ENTRY cl_int CL_API_CALL clInitLayer(cl_uint entries, const cl_icd_dispatch *target, cl_uint *layer_entries,
                                            const cl_icd_dispatch **layer_dispatch) {
  if (target == NULL || layer_entries == NULL || layer_dispatch == NULL) return CL_INVALID_VALUE;
  const cl_uint own = sizeof layer / sizeof(void *);
  if (entries < own) return CL_INVALID_VALUE;
  driver = target;
  layer.clGetDeviceInfo = get_device_info;
  layer.clGetDeviceIDs = get_device_ids;
  *layer_entries = own;
  *layer_dispatch = &layer;
  return CL_SUCCESS;
}
