// Runs every float32 kernel and the matrix products of a level on inputs that follow from names and
// sizes alone, and prints a checksum of what each has written: levels, and processors, compute the
// same bits if they print the same lines (Scripts/level-tests). Usage: run_kernels LEVEL; without
// LEVEL the names of those that this processor has.
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ckernels.h"

#pragma STDC FP_CONTRACT OFF

#define ELEMENTS (1 << 16) // of an array: more than any kernel reaches at these sizes
#define ROWS 5
enum { MOST_ARGUMENTS = 16 };

static uint64_t generator;
static uint32_t next(void) {
  generator = generator * 6364136223846793005u + 1442695040888963407u;
  return (uint32_t)(generator >> 33);
}
static float uniform(float low, float high) { return low + (high - low) * ((float)(next() >> 7) * 0x1p-24f); }

// The FNV-1a checksum of floats, all NaNs being one: which bits a NaN has is a matter of the
// processor.
static uint64_t checksum_floats(const float *x, size_t count, uint64_t sum) {
  for (size_t i = 0; i < count; i++) {
    uint32_t bits = 0x7fc00000;
    if (x[i] == x[i]) memcpy(&bits, x + i, sizeof bits);
    sum = (sum ^ bits) * 1099511628211u;
  }
  return sum;
}
#define START 1469598103934665603u

static int has(const char *text, const char *part) { return strstr(text, part) != NULL; }
static int is(const char *text, const char *other) { return strcmp(text, other) == 0; }

// A parameter as the table writes it: (const real *restrict, x_argument, pointer).
typedef struct {
  char type[64], name[64];
  int is_array, is_constant;
} parameter;

static int parse(const char *text, parameter *parameters) {
  int count = 0;
  // The list is in parentheses of its own.
  for (const char *open = strchr(text + 1, '('); open && count < MOST_ARGUMENTS; open = strchr(open + 1, '(')) {
    parameter *p = parameters + count++;
    if (sscanf(open, "(%63[^,], %63[^,],", p->type, p->name) != 2) exit(70);
    p->is_array = has(p->type, "*");
    p->is_constant = has(p->type, "const");
    char *suffix = strstr(p->name, "_argument");
    if (suffix) *suffix = 0;
  }
  return count;
}

// Values of scalars at size n; `variant` is 0 or 1.
static uint32_t word(const char *name, uint32_t n, uint32_t variant) {
  static const struct { const char *name; uint32_t value; } fixed[] = {
      {"rows", ROWS}, {"lines", 1},     {"block_rows", 3}, {"chunk", 70},       {"channels", 3},   {"height", 6},      {"draw", 2},
      {"draws", 3},       {"head_count", 6}, {"kernel_height", 3}, {"kernel_width", 3}, {"likelihoods", ROWS},
      {"numbers", 2},     {"out_height", 3}, {"out_width", 3},    {"padding", 1},    {"parts", 7},       {"penalties", ROWS},
      {"pixels", 15},     {"purpose", 3},    {"samples", 3},      {"scale_offset", 0}, {"scale_row", 0}, {"scale_column", 1},
      {"slots", 4},       {"stride", 2},     {"width", 5},
  };
  for (size_t i = 0; i < sizeof fixed / sizeof *fixed; i++)
    if (is(name, fixed[i].name)) return fixed[i].value;
  if (is(name, "columns") || is(name, "latents") || is(name, "images")) return n;
  if (is(name, "count")) return n * ROWS;
  if (is(name, "groups")) return n % 2 == 0 && variant ? 2 : 1;
  if (is(name, "is_static") || is(name, "masks") || is(name, "draws_are_steps")) return variant;
  fprintf(stderr, "run_kernels: the parameter %s has no value here\n", name);
  exit(70);
}

static double real(const char *name) {
  static const struct { const char *name; double value; } fixed[] = {
      {"beta1", 0.9}, {"complement1", 0.1}, {"beta2", 0.999}, {"complement2", 0.001}, {"epsilon", 1e-5}, {"count", 7},
      {"rows", 5},    {"free", 0.3},        {"low", -1},      {"high", 1},            {"level", 0.3},    {"mixing", 0.3},
      {"maximum_norm", 1},
  };
  for (size_t i = 0; i < sizeof fixed / sizeof *fixed; i++)
    if (is(name, fixed[i].name)) return fixed[i].value;
  fprintf(stderr, "run_kernels: the parameter %s has no value here\n", name);
  exit(70);
}

static void fill(const parameter *p, void *memory) {
  float *const x = memory;
  uint32_t *const words = memory;
  const char *name = p->name;
  if (has(p->type, "uchar")) {
    for (size_t i = 0; i < ELEMENTS; i++) ((uint8_t *)memory)[i] = (uint8_t)next();
  } else if (has(p->type, "uint")) {
    for (size_t i = 0; i < ELEMENTS; i++) words[i] = is(name, "order") ? (uint32_t)(i * 5 % 64) : next() % 4;
    if (is(name, "state")) memcpy(words, (const uint32_t[]){0x9ABCDEF0, 0x12345678, 7, 3, 2, 0, 0, 0}, 32);
  } else if (is(name, "guard")) {
    x[0] = 0.75f, x[1] = 0;
  } else {
    const int is_pixel = is(name, "x"), is_positive = has(name, "sums") || has(name, "squares") || is(name, "v") ||
                                                     has(name, "deviations") || has(name, "distance") || is(name, "variance");
    for (size_t i = 0; i < ELEMENTS; i++)
      x[i] = is_pixel ? (float)(next() % 256) / 255 : is_positive ? uniform(0.1f, 2) : uniform(-2, 2);
  }
}

static void *arrays[MOST_ARGUMENTS];

static void run_kernel(const vae_kernel *kernel, uint32_t n, uint32_t variant) {
  parameter parameters[MOST_ARGUMENTS];
  vae_argument arguments[MOST_ARGUMENTS];
  const int count = parse(kernel->parameters, parameters);
  size_t items = ROWS;
  generator = 88172645463325252u + n;
  for (int i = 0; i < count; i++) {
    const parameter *p = parameters + i;
    if (p->is_array) {
      fill(p, arrays[i]);
      arguments[i].pointer = arrays[i];
    } else if (has(p->type, "real")) {
      arguments[i].real_value = real(p->name);
    } else {
      arguments[i].uint_value = word(p->name, n, variant);
      if (!kernel->has_rows && (is(p->name, "count") || is(p->name, "groups"))) items = arguments[i].uint_value;
    }
  }
  kernel->run(arguments, 0, items);
  uint64_t sum = START;
  for (int i = 0; i < count; i++) {
    if (!parameters[i].is_array || parameters[i].is_constant) continue;
    // Words of a state have as many bits as a float.
    sum = checksum_floats(arrays[i], ELEMENTS, sum);
  }
  printf("%s %u %u %016llx\n", kernel->name, n, variant, (unsigned long long)sum);
}

static void run_product(const vae_level *level, size_t m, size_t n, size_t k, int layout, int is_bf16) {
  static float c[ELEMENTS];
  generator = m * 1000 + n;
  for (int i = 0; i < 2; i++)
    for (size_t j = 0; j < ELEMENTS; j++) ((float *)arrays[i])[j] = uniform(-1, 1);
  vae_gemm gemm = {.a = arrays[0], .b = arrays[1], .c = c, .m = m, .n = n, .k = k, .transpose_a = layout & 1};
  gemm.transpose_b = layout >> 1, gemm.level = level;
  if (is_bf16)
    vae_gemm_bf16_tile(&gemm, VAE_BF16_PORTABLE, 0, m, 0, n);
  else
    vae_gemm_tile(&gemm, 0, m, 0, n);
  printf("product%s %zu %zu %zu %d %016llx\n", is_bf16 ? " bf16" : "", m, n, k, layout,
         (unsigned long long)checksum_floats(c, m * n, START));
}

// A product with unfolded images, and what it is folded to.
static void run_images(const vae_level *level, vae_images images) {
  static float c[ELEMENTS];
  const vae_geometry geometry = {.height = 9, .width = 11, .channels = 5, .out_height = 5, .out_width = 6, .kernel_height = 3,
                                 .kernel_width = 3, .stride = 2, .padding = 1};
  const size_t places = 2 * 5 * 6, unfolded = 3 * 3 * 5;
  generator = images;
  for (int i = 0; i < 2; i++)
    for (size_t j = 0; j < ELEMENTS; j++) ((float *)arrays[i])[j] = uniform(-1, 1);
  vae_gemm gemm = {.a = arrays[0], .b = arrays[1], .c = c, .images = images, .geometry = geometry, .level = level};
  if (images == VAE_IMAGES_A)
    gemm.m = places, gemm.k = unfolded, gemm.n = 45;
  else
    gemm.m = 7, gemm.k = places, gemm.n = unfolded;
  vae_gemm_tile(&gemm, 0, gemm.m, 0, gemm.n);
  printf("images %d %016llx\n", images, (unsigned long long)checksum_floats(c, gemm.m * gemm.n, START));
  if (images != VAE_IMAGES_A) return;
  vae_fold(level, &geometry, c, 0, 0, geometry.height, arrays[2]);
  printf("fold %016llx\n", (unsigned long long)checksum_floats(arrays[2], 9 * 11 * 5, START));
}

int main(int argc, char **argv) {
  size_t level_count, kernel_count;
  const vae_level *const *levels = vae_levels(&level_count);
  const vae_level *level = NULL;
  for (size_t i = 0; i < level_count; i++) {
    if (argc < 2 && vae_level_is_available(levels[i])) puts(vae_level_name(levels[i]));
    if (argc == 2 && is(argv[1], vae_level_name(levels[i])) && vae_level_is_available(levels[i])) level = levels[i];
  }
  if (argc < 2) return 0;
  if (!level) {
    fprintf(stderr, "run_kernels: this processor has no %s\n", argv[1]);
    return 69;
  }
  for (int i = 0; i < MOST_ARGUMENTS; i++) arrays[i] = aligned_alloc(64, ELEMENTS * sizeof(float));
  const vae_kernel *kernels = vae_kernels_f32(level, &kernel_count);
  static const uint32_t sizes[] = {1, 20, 64, 131};
  for (size_t i = 0; i < kernel_count; i++)
    for (size_t s = 0; s < sizeof sizes / sizeof *sizes; s++)
      for (uint32_t variant = 0; variant < 2; variant++) run_kernel(kernels + i, sizes[s], variant);
  for (int layout = 0; layout < 4; layout++) {
    run_product(level, 13, 37, 515, layout, 0);
    run_product(level, 390, 65, 33, layout, 0);
    run_product(level, 35, 50, 70, layout, 1);
  }
  run_images(level, VAE_IMAGES_A);
  run_images(level, VAE_IMAGES_B);
  return 0;
}
