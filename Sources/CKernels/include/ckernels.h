// What the CPU kernels and the embedded OpenCL source offer to Swift.
#ifndef VAE_CKERNELS_H
#define VAE_CKERNELS_H

#include <stddef.h>
#include <stdint.h>

// One kernel argument: a buffer or a value.
typedef union {
  void *pointer;
  uint32_t uint_value;
  double real_value;
} vae_argument;

// Runs the items begin ..< end of a kernel.
typedef void (*vae_kernel_function)(const vae_argument *arguments, size_t begin, size_t end);

typedef struct {
  const char *name;
  // A list of (type, name, field of vae_argument): an array that is read alone is `const`, its name
  // ends in _argument.
  const char *parameters;
  vae_kernel_function run;
  // Whether an item is a row (ROW_KERNEL) in place of an element.
  int has_rows;
} vae_kernel;

// An instruction set that kernels and matrix products are compiled for. All compute the same bits.
typedef struct vae_level vae_level;

// Those of this architecture, the lowest first.
const vae_level *const *vae_levels(size_t *count);
// x86-64-v2, x86-64-v3, x86-64-v4 or arm64.
const char *vae_level_name(const vae_level *level);
// Whether this processor has it.
int vae_level_is_available(const vae_level *level);
// The highest that this processor has, or the lowest of all where it has none.
const vae_level *vae_best_level(void);

// The kernel tables of the float32 CPU backend and of the float64 reference.
const vae_kernel *vae_kernels_f32(const vae_level *level, size_t *count);
const vae_kernel *vae_kernels_f64(size_t *count);

// The places of a kernel on images [height, width, channels] (ConvolutionGeometry).
typedef struct {
  size_t height, width, channels, out_height, out_width, kernel_height, kernel_width, stride, padding;
} vae_geometry;

// Whether a matrix, not transposed, lies as images and is what `unfold` of Kernels/convolution.cl makes of them.
typedef enum { VAE_NO_IMAGES, VAE_IMAGES_A, VAE_IMAGES_B } vae_images;

// A product C = op(A) op(B): row-major and dense, op(A) [m, k], op(B) [k, n], C [m, n].
typedef struct {
  const float *a, *b;
  float *c;
  size_t m, n, k;
  int transpose_a, transpose_b;
  vae_images images;
  vae_geometry geometry;
  const vae_level *level; // NULL: the best
} vae_gemm;

// Computes rows m0 ..< m1 and columns n0 ..< n1 of C. Tiles may be computed by different threads in any order.
void vae_gemm_tile(const vae_gemm *gemm, size_t m0, size_t m1, size_t n0, size_t n1);

// Lines y0 ..< y1 of an image, as `fold` of Kernels/convolution.cl makes them of unfolded places, [places, kernel_height kernel_width
// channels], of which the first lies in row `first_row` of the kernel's places.
void vae_fold(const vae_level *level, const vae_geometry *geometry, const float *unfolded, size_t first_row, size_t y0,
              size_t y1, float *lines);

// Memory of the calling thread, at least `bytes`, aligned to 64; what lies in it is lost at the next call.
void *vae_scratch(size_t bytes);

// The ways to multiply operands rounded to bfloat16 with sums in float32. They differ in the order of the sums over k.
typedef enum {
  VAE_BF16_PORTABLE, // float32 fused multiply-adds in order: the sums of vae_gemm_tile
  VAE_BF16_AVX512,   // VDPBF16PS: two products at a time
  VAE_BF16_AMX,      // TDPBF16PS: 32 products at a time
} vae_bf16_kernel;

// Whether this processor has the instructions and the system lets this process use them.
int vae_bf16_is_available(vae_bf16_kernel kind);
// The fastest that is available; the portable one below x86-64-v4. `level` may be NULL: the best.
vae_bf16_kernel vae_bf16_best(const vae_level *level);
// AMX-BF16, AVX512-BF16, or NULL for the portable form.
const char *vae_bf16_instruction_set(const vae_level *level);

// As vae_gemm_tile with the elements of op(A) and op(B) rounded to bfloat16: to nearest, ties to even; subnormal numbers
// to zero. The order of the sums follows from `kind` and k alone. `kind` must be available.
void vae_gemm_bf16_tile(const vae_gemm *gemm, vae_bf16_kernel kind, size_t m0, size_t m1, size_t n0, size_t n1);
// That rounding of 32 values.
void vae_bf16_round(const vae_level *level, vae_bf16_kernel kind, const float values[32], uint16_t rounded[32]);

// Texts of the OpenCL programs, ending in NUL: what all begin with; the kernels of the operations;
// matrix products for processors; what those for GPUs share, the text of one of them and its
// kernel; what makes functions of kernels, for launches of several commands.
const char *vae_opencl_common(void);
const char *vae_opencl_operations(void);
const char *vae_opencl_gemm_panel(void);
const char *vae_opencl_gemm_tiled_shared(void);
const char *vae_opencl_gemm_tiled(void);
const char *vae_opencl_gemm_tiled_kernel(void);
const char *vae_opencl_joined(void);
// Shipped verdicts of tuning, JSON (Kernels/tuning.json).
const char *vae_shipped_verdicts(void);

// Philox4x32-10: four words from a counter and a key (Kernels/random.h).
void vae_philox(const uint32_t counter[4], const uint32_t key[2], uint32_t words[4]);
// `count` words: those of `counter`, of the counter with the next block, and so on.
void vae_philox_stream(const uint32_t counter[4], const uint32_t key[2], uint32_t *words, size_t count);

// Processors this process may run on (its affinity mask).
int vae_available_processors(void);

// The path of the loaded library that a symbol lies in; NULL where it lies in none.
const char *vae_library_of(const void *symbol);

// Lets the system end this process when the thread that started it ends.
void vae_end_with_parent(void);

// A hint to the processor inside a spin loop.
static inline void vae_pause(void) {
#if defined(__x86_64__)
  __builtin_ia32_pause();
#elif defined(__aarch64__)
  __asm__ volatile("yield");
#endif
}

#endif
