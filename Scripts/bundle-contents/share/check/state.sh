# shellcheck shell=sh disable=SC2034,SC2154
# What survives a run with --out: state.tar.gz has the parts that passed and the caches of vae-gpu and its driver, peers.tar.gz
# the caches of PyTorch and JAX. A later run with the same folder goes on from there.

# The machine, program and settings that parts are results of.
state_key() { echo "$version $device $quick $(uname -m) $(first 'model name' /proc/cpuinfo) $(cat "$work/gpus")"; }

# Caches begin empty, so that compile times are those of a first run, unless the environment names one.
set_caches() {
  mkdir -p "$work/parts" "$work/caches" "$work/peers"
  export VAE_GPU_CACHE="${VAE_GPU_CACHE:-$work/caches/vae-gpu}"
  export POCL_CACHE_DIR="${POCL_CACHE_DIR:-$work/caches/pocl}"
  export CUDA_CACHE_PATH="${CUDA_CACHE_PATH:-$work/caches/cuda}"
  export TORCHINDUCTOR_CACHE_DIR="${TORCHINDUCTOR_CACHE_DIR:-$work/peers/torch}"
  export TRITON_CACHE_DIR="${TRITON_CACHE_DIR:-$work/peers/triton}"
  export JAX_COMPILATION_CACHE_DIR="${JAX_COMPILATION_CACHE_DIR:-$work/peers/jax}"
  mkdir -p "$POCL_CACHE_DIR"
}

restore_state() {
  state_key >"$work/key"
  [ -n "$out" ] || return 0
  for name in state peers; do
    gzip -t "$out/$name.tar.gz" 2>/dev/null || continue
    mkdir -p "$work/kept"
    gzip -dc "$out/$name.tar.gz" | tar -xf - -C "$work/kept" 2>/dev/null || continue
  done
  for name in caches peers; do
    [ ! -d "$work/kept/$name" ] || cp -R "$work/kept/$name/." "$work/$name"
  done
  cmp -s "$work/key" "$work/kept/key" || rm -rf "$work/kept/parts"
}

# restored NAME: takes over the result of a part that passed in an earlier run.
restored() {
  head -n 1 "$work/kept/parts/$1" 2>/dev/null | grep -q '"state": "passed"' || return 1
  cp "$work/kept/parts/$1" "$work/parts/$1"
}

# pack NAME MEMBER...: a tarball of less than 16 MiB in the folder, or the one before it.
pack() {
  packed=$out/$1.tar.gz
  shift
  tar -C "$work" -cf - "$@" 2>/dev/null | gzip -1 >"$packed.new" 2>/dev/null || { rm -f "$packed.new"; return 1; }
  if [ "$(wc -c <"$packed.new")" -ge 16000000 ]; then
    rm -f "$packed.new"
    return 1
  fi
  mv -f "$packed.new" "$packed"
}

# save_state [now]: at most every half minute, or now.
saved=0
save_state() {
  [ -n "$out" ] || return 0
  clock
  [ $# -gt 0 ] || [ $((now - saved)) -ge 3000 ] || return 0
  saved=$now
  pack state key parts caches || pack state key parts caches/vae-gpu || pack state key parts
  [ -z "$(ls "$work/peers")" ] || pack peers peers || pack peers peers/jax peers/triton
}
