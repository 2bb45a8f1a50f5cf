# shellcheck shell=sh disable=SC2034,SC2154
# What is run, in the order of its worth, with the most seconds that each part may take of nine minutes on a GPU.

on() { "$@" ${device:+--device "$device"}; }
# bench NAME SECONDS GEMM [FLAGS...]
bench() { name=$1 most=$2 gemm=$3; shift 3; on part "$name" "$most" "$vae_gpu" bench --gemm "$gemm" --json "$@"; }

# conformance NAME SECONDS SIZES: without --device, or with 'auto', every device is tested.
conformance() {
  tested=$device
  [ "$tested" = auto ] && tested=""
  part "$1" "$2" env VAE_GPU_TEST_DEVICES="$tested" VAE_GPU_TEST_SIZES="$3" \
    VAE_GPU_TEST_FIXTURES="$bundle/share/fixtures" \
    "$bundle/bin/conformance" --testing-library swift-testing --filter '^BackendConformanceTests\.|JoinedLaunchTests'
}

# peer NAME SECONDS SCRIPT FLAGS...: PyTorch and JAX of this machine's Python, on its GPU.
peer() {
  name=$1 most=$2 script=$3
  shift 3
  part "peer_$name" "$most" sh "$library/peer" "$bundle/share/peers/$script.py" "$@"
}

# Reads the libraries of PyTorch and JAX, which are gigabytes, from the disk while kernels are compiled, where processors are free.
warm_up_peers() {
  if [ -z "$has_plan" ] || [ -z "$grouped" ] || [ "$(grep -c '^processor' /proc/cpuinfo)" -lt 4 ]; then return 0; fi
  timeout -k 1 200 sh "$library/peer" -c 'import jax, torch' >/dev/null 2>&1 </dev/null &
  warming=$!
}

# $few and $repeats are for --quick: workloads that take seconds on any device.
# Flags are split on purpose.
# shellcheck disable=SC2086
whole_plan() {
  part_here driver find_driver
  part devices 0 "$vae_gpu" devices --json
  part doctor 0 "$vae_gpu" doctor --json
  on part agreement 0 sh "$library/agreement" "$vae_gpu" "$work"
  conformance conformance 0 "${quick:+small}"
  bench bench_untuned 0 untuned $few $repeats
  on part tune 0 "$vae_gpu" tune --json $quick $few
  bench bench_tuned 0 tuned $few $repeats
  bench bench_clblast 0 clblast $few $repeats
  on part trace 0 "$vae_gpu" bench --work mlp400 --trace --json $repeats
}

budgeted_plan() {
  works="--work mlp400,mlp2048,conv64" fewer="--repeats 5"
  peers_work="$works --repeats 5 --seconds 0.25 --json --device $peer_device"
  precisions=fp32,bf16 modes=eager,eager-fused graph=compile-data more=compile-fused
  if [ "$peer_device" = cuda ]; then
    precisions=fp32,tf32,bf16 modes=eager,eager-fused,cudagraph graph=cudagraph-compile
    more=compile-fused,compile-data,reduce-overhead,channels-last
  fi
  part_here driver find_driver
  warm_up_peers
  part devices 20 "$vae_gpu" devices --json
  # The first part that compiles every kernel; the others load them.
  part doctor 200 "$vae_gpu" doctor --json
  on part agreement 110 sh "$library/agreement" "$vae_gpu" "$work"
  # shellcheck disable=SC2086
  {
    bench bench_untuned 70 untuned $works $fewer
    bench bench_tf32 40 untuned $works $fewer --precision tf32
    bench bench_bf16 40 untuned $works $fewer --precision bf16
    bench bench_exact 40 untuned $works $fewer --order exact
    on part bench_apart 20 env VAE_GPU_JOIN=0 "$vae_gpu" bench --gemm untuned --work mlp400 --json $fewer
    peer torch 90 torch_peer $peers_work --modes $modes --precisions $precisions
    peer torch_compile 90 torch_peer $peers_work --modes $graph --precisions $precisions
    peer jax 90 jax_peer $peers_work --precisions $precisions
    on part trace 40 "$vae_gpu" bench $works --trace --json --repeats 3
    on part tune 80 "$vae_gpu" tune --quick $works --json
    bench bench_tuned 50 tuned $works $fewer
    conformance conformance_small 60 small
    bench bench_all 80 tuned --work mlp300g,linear,conv28 $fewer
    on part iwae 40 sh "$library/iwae" "$vae_gpu" "$work"
    peer iwae 20 torch_iwae --json --device $peer_device
    conformance conformance 150 ""
    bench bench_clblast 60 clblast $works $fewer
    peer torch_more 120 torch_peer $peers_work --modes $more --precisions $precisions
  }
}
