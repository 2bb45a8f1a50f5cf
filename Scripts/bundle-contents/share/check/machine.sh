# shellcheck shell=sh disable=SC2034,SC2154
# The machine as it is: system, processor, memory, GPUs, drivers that are listed, environment.

first() { sed -n "s/^$1[^:=]*[:=][ \"]*\\([^\"]*\\).*/\\1/p" "$2" 2>/dev/null | head -n 1; }

# Some tools of drivers hang where their driver does.
briefly() { if [ -n "$grouped" ]; then timeout -k 1 10 "$@"; else "$@"; fi; }

machine() {
  memory=$(first MemTotal /proc/meminfo | tr -cd 0-9)
  printf '"machine": {"date": "%s", "system": %s, "kernel": %s, "libc": %s,\n' \
    "$(date -u +%Y-%m-%dT%H:%M:%SZ)" "$(string "$(first PRETTY_NAME /etc/os-release)")" \
    "$(string "$(uname -srm)")" "$(string "$(ldd --version 2>/dev/null | head -n 1)")"
  printf '"processor": %s, "processors": %d, "memory_kb": %d,\n' \
    "$(string "$(first 'model name' /proc/cpuinfo)")" \
    "$(grep -c '^processor' /proc/cpuinfo)" "${memory:-0}"
  printf '"gpus": ['
  strings <"$work/gpus"
  printf '],\n"icd_files": ['
  grep -H '' /etc/OpenCL/vendors/*.icd 2>/dev/null | strings
  printf '],\n"environment": ['
  env | grep -E '^(VAE_GPU|OCL_|OPENCL_|POCL|CUDA_|NVIDIA_|LD_LIBRARY_PATH)' | strings
  printf ']}'
}

gpus() {
  briefly nvidia-smi --query-gpu=name,driver_version,memory.total,clocks.max.sm,power.limit \
    --format=csv,noheader 2>/dev/null
}
