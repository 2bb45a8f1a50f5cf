# shellcheck shell=sh disable=SC2034,SC2154
# Where the GPU's driver is. Containers often have its libraries in odd places, without an .icd file or without OpenCL at all.

# Where drivers put their libraries, as a list with colons.
driver_places=${VAE_GPU_CHECK_PLACES:-/usr/local/nvidia/lib64:/usr/local/nvidia/lib:/usr/lib/x86_64-linux-gnu:/usr/lib64:\
/usr/lib:/usr/local/lib:/usr/lib/x86_64-linux-gnu/nvidia/current:/usr/lib64/nvidia:/usr/lib/nvidia:/usr/lib/wsl/lib:\
/usr/local/cuda/compat:/usr/local/cuda/lib64:/run/nvidia/driver/usr/lib/x86_64-linux-gnu:/run/opengl-driver/lib:\
/opt/nvidia/lib64:/opt/rocm/lib:/opt/amdgpu-pro/lib/x86_64-linux-gnu:/usr/lib/x86_64-linux-gnu/intel-opencl}

# places PATTERN: the files of that name, the carried driver's first.
places() {
  {
    echo "$carried:${LD_LIBRARY_PATH:-}:$driver_places" | tr ':' '\n' | while read -r folder; do
      [ -n "$folder" ] || continue
      # The pattern is one on purpose.
      # shellcheck disable=SC2086
      for file in "$folder"/$1; do [ ! -e "$file" ] || echo "$file"; done
    done
    [ -n "${VAE_GPU_CHECK_PLACES:-}" ] || { ldconfig -p || /sbin/ldconfig -p; } 2>/dev/null |
      sed -n 's/.* => //p' | while read -r file; do
      # shellcheck disable=SC2254
      case "${file##*/}" in $1) echo "$file" ;; esac
    done
  } | awk '!seen[$0]++'
}

# The version of NVIDIA's kernel module, which its libraries must have, too.
nvidia_version() {
  version_of_driver=$(sed -n 's/^NVRM version:.*  *\([0-9][0-9]*\.[0-9.]*\)  .*/\1/p' /proc/driver/nvidia/version 2>/dev/null)
  [ -n "$version_of_driver" ] ||
    version_of_driver=$(cut -d , -f 2 "$work/gpus" | head -n 1 | tr -cd '0-9.')
  [ -n "$version_of_driver" ] ||
    version_of_driver=$(places 'libcuda.so.[0-9]*.*' | sed -n '1s/.*libcuda\.so\.//p')
  echo "$version_of_driver"
}

# Lets the loader and the dynamic linker find a driver that lies elsewhere, unless the environment tells the loader where to look.
show_driver() {
  export LD_LIBRARY_PATH="${1%/*}${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}"
  [ -z "${OCL_ICD_VENDORS:-}${OPENCL_VENDOR_PATH:-}" ] || return 0
  mkdir -p "$work/vendors"
  cp /etc/OpenCL/vendors/*.icd "$work/vendors" 2>/dev/null || true
  if ! grep -qs 'libnvidia-opencl' "$work"/vendors/*.icd || [ -n "$carried" ]; then
    rm -f "$work/vendors/nvidia.icd"
    echo "$1" >"$work/vendors/nvidia.icd"
  fi
  export OCL_ICD_VENDORS="$work/vendors"
}

# Prints an object of what was found, and what to carry if NVIDIA's OpenCL driver is not there.
find_driver() {
  opencl=$(places 'libnvidia-opencl.so*')
  cuda=$(places 'libcuda.so*')
  version_of_driver=$(nvidia_version)
  advice=""
  if [ -z "$opencl" ] && [ -z "${VAE_GPU_CHECK_PLACES:-}" ] && [ -n "$cuda$(cat "$work/gpus")" ]; then
    opencl=$(briefly find / -xdev -name 'libnvidia-opencl.so*' -not -path '/proc/*' 2>/dev/null)
  fi
  driver=$(echo "$opencl" | grep '\.so\.1$' | head -n 1)
  driver=${driver:-$(echo "$opencl" | head -n 1)}
  if [ -n "$driver" ]; then
    # What ldconfig lists by this name is found without help.
    { ldconfig -p || /sbin/ldconfig -p; } 2>/dev/null | grep -q "libnvidia-opencl.so.1 .*=> $driver\$" ||
      show_driver "$driver"
  elif [ -n "$cuda$version_of_driver" ]; then
    advice="no libnvidia-opencl.so: carry libnvidia-opencl.so.1, libnvidia-nvvm.so.4 and libnvidia-ptxjitcompiler.so.1 of NVIDIA's driver ${version_of_driver:-of the same version} for Linux x86-64, exactly that version, in a folder, and give --driver FOLDER"
  fi
  # Lists of paths are split on purpose: none has a space.
  # shellcheck disable=SC2046,SC2086
  printf '{"opencl_driver": %s, "found": %s, "libcuda": %s, "companions": %s, "other_drivers": %s, "loaders": %s, ' \
    "$([ -n "$driver" ] && string "$driver" || echo null)" "$(array $opencl)" "$(array $cuda)" \
    "$(array $(places 'libnvidia-[npg][vtp][vxu]*.so*'))" \
    "$(array $(places 'libamdocl64.so*') $(places 'libigdrcl.so*') $(places 'libintelocl.so*') $(places 'libpocl.so*'))" \
    "$(array $(places 'libOpenCL.so*'))"
  # shellcheck disable=SC2046
  printf '"nvidia_version": %s, "nvidia_smi": %s, "device_files": %s, "vendors": %s, "library_path": %s, "carry": %s}\n' \
    "$(string "$version_of_driver")" "$(string "$(command -v nvidia-smi)")" \
    "$(array $(ls -d /dev/nvidia* /dev/dri/* /dev/kfd 2>/dev/null))" \
    "$(string "${OCL_ICD_VENDORS:-/etc/OpenCL/vendors}")" "$(string "${LD_LIBRARY_PATH:-}")" \
    "$([ -n "$advice" ] && string "$advice" || echo null)"
  [ -z "$advice" ] || { echo "$advice" >&2; return 1; }
}
