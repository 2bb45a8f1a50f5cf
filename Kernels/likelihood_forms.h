// From the functions of one pixel to the kernels of a likelihood. A likelihood is a density with its derivatives, a mean and
// a draw (likelihoods.cl), and one line that names its form, which tells what a pixel takes:
//
//   ONE_HEAD(name)         one number a from the decoder
//     name_density(a, x, &da), name_mean_of(a), name_draw_of(a, u, n)
//   LOCATION_SCALE(name, means)   a location from the decoder, and ln scale s: one for all pixels
// (name_shared_...), or one for
//                          each pixel, which may be the second number from the decoder
//     name_density(a, s, x, &da, &ds), name_draw_of(a, s, u, n), and with MEANS_OF_PIXELS
// name_mean_of(a, s), with
//     MEANS_OF_BLOCKS, for means with a loop inside, name_means(a, s, width, mean) of a block of
// pixels
//   MANY_HEADS(name)       `head_count` numbers from the decoder, a[k * stride]; all of a block of
// pixels
//     name_densities(a, stride, head_count, x, width, upstream, da, density), da being 0 where no gradient is asked for
//     name_means(a, stride, head_count, width, mean), name_draws(a, stride, head_count, u, width,
// x)
//
// The density is ln p(x) in nats, u is uniform on (0, 1) and n standard normal.
//
// A row of `heads` holds a number of every pixel, then the next number of every pixel, and so on. `samples` rows in
// succession are decodings of one image of x.

#define LIKELIHOOD_SIZES VALUE(uint, columns), VALUE(uint, samples), VALUE(uint, head_count)
#define HEADS_OFFSET ((size_t)ROW * head_count * columns)
#define IMAGE_OFFSET ((size_t)((uint)ROW / samples) * columns)

// The uniform noise of a pixel from its first word.
FUNCTION real pixel_uniform(const uint word) { return ((real)(word >> 9) + REAL(0.5)) * REAL(1.1920928955078125e-7); }
// The noise of pixel j of a row: a Philox block of its own.
FUNCTION void pixel_noise(GLOBAL_IN(uint) state, const uint j, const uint row, const uint purpose, real *u, real *n) {
  uint w[4];
  philox(j, state[STATE_BATCH_START] + row, state[STATE_STEP], purpose, state[STATE_SEED_LOW], state[STATE_SEED_HIGH], w);
  *u = pixel_uniform(w[0]);
  real other;
  normals_from_words(w[2], w[3], n, &other);
}
// x of every pixel of a row, from `draw` of u and n.
#define DRAW_ROW(draw)                                                                         \
  const size_t offset = HEADS_OFFSET;                                                          \
  FOR_LANES(j, columns) {                                                                      \
    real u, n;                                                                                 \
    pixel_noise(state, j, (uint)ROW, purpose, &u, &n);                                         \
    x[(size_t)ROW * columns + j] = draw;                                                       \
  }
#define MEAN_ROW(value)                                                                        \
  const size_t offset = HEADS_OFFSET;                                                          \
  FOR_LANES(j, columns) mean[(size_t)ROW * columns + j] = value

// ---- One head. `element` is STORED or BIASED (epilogues.h), here and below.

#define ONE_HEAD_ROW(name, element, gradient)                                                  \
  GROUP_SCRATCH(scratch);                                                                      \
  const size_t offset = (size_t)ROW * columns, image = IMAGE_OFFSET;                           \
  LANE_SUM(sum);                                                                               \
  FOR_LANES_SUM(j, columns) {                                                                  \
    real da;                                                                                   \
    LANE_ADD(sum, name##_density(element(heads, offset + j, j), x[image + j], &da));           \
    gradient;                                                                                  \
  }                                                                                            \
  const real total = GROUP_SUM(scratch, sum);                                                  \
  if (LANE == 0) log_likelihood[ROW] = total

#define ONE_HEAD(name)                                                                         \
  ROW_KERNEL(name##_log_likelihood,                                                            \
             (IN(real, heads), IN(real, x), OUT(real, log_likelihood), LIKELIHOOD_SIZES)) {    \
    LOCATE(heads) LOCATE(x) LOCATE(log_likelihood)                                             \
    ONE_HEAD_ROW(name, STORED, (void)da);                                                      \
  }                                                                                            \
  ROW_KERNEL(name##_log_likelihood_after_bias_identity,                                        \
             (INOUT(real, heads), IN(real, bias), IN(real, x), OUT(real, log_likelihood),      \
              LIKELIHOOD_SIZES)) {                                                             \
    LOCATE(heads) LOCATE(bias) LOCATE(x) LOCATE(log_likelihood)                                \
    ONE_HEAD_ROW(name, BIASED, (void)da);                                                      \
  }                                                                                            \
  ROW_KERNEL(name##_log_likelihood_with_gradient,                                              \
             (IN(real, heads), IN(real, x), IN(real, upstream), OUT(real, dheads),             \
              OUT(real, log_likelihood), LIKELIHOOD_SIZES)) {                                  \
    LOCATE(heads) LOCATE(x) LOCATE(upstream) LOCATE(dheads) LOCATE(log_likelihood)             \
    const real scale = upstream[ROW];                                                          \
    ONE_HEAD_ROW(name, STORED, dheads[offset + j] = scale * da);                               \
  }                                                                                            \
  ROW_KERNEL(name##_log_likelihood_with_gradient_after_bias_identity,                          \
             (INOUT(real, heads), IN(real, bias), IN(real, x), IN(real, upstream),             \
              OUT(real, dheads), OUT(real, log_likelihood), LIKELIHOOD_SIZES)) {               \
    LOCATE(heads) LOCATE(bias) LOCATE(x) LOCATE(upstream) LOCATE(dheads)                       \
    LOCATE(log_likelihood)                                                                     \
    const real scale = upstream[ROW];                                                          \
    ONE_HEAD_ROW(name, BIASED, dheads[offset + j] = scale * da);                               \
  }                                                                                            \
  ROW_KERNEL(name##_mean, (IN(real, heads), OUT(real, mean), LIKELIHOOD_SIZES)) {              \
    LOCATE(heads) LOCATE(mean)                                                                 \
    MEAN_ROW(name##_mean_of(heads[offset + j]));                                               \
  }                                                                                            \
  ROW_KERNEL(name##_draw, (IN(real, heads), IN(uint, state), OUT(real, x), LIKELIHOOD_SIZES,   \
                           VALUE(uint, purpose))) {                                            \
    LOCATE(heads) LOCATE(state) LOCATE(x)                                                      \
    DRAW_ROW(name##_draw_of(heads[offset + j], u, n))                                          \
  }

// ---- Location and scale. ln scale is held to this range where it enters an exponential; outside, its gradient is 0.

#define LOG_SCALE_LOW REAL(-15.0)
#define LOG_SCALE_HIGH REAL(10.0)

// ln scale of pixel j of a row is scale[scale_offset + ROW * scale_row + j * scale_column]: all three 0 where it is shared;
// where it comes from the decoder, `scale` is `heads`.
#define SCALE_LAYOUT VALUE(uint, scale_offset), VALUE(uint, scale_row), VALUE(uint, scale_column)
#define SCALE_AT(j) (scale_offset + (size_t)ROW * scale_row + (j) * scale_column)
#define LOG_SCALE(at) real_clamp(scale[at], LOG_SCALE_LOW, LOG_SCALE_HIGH)
#define IS_IN_RANGE(at) (scale[at] >= LOG_SCALE_LOW && scale[at] <= LOG_SCALE_HIGH)

#define SHARED_SCALE_ROW(name, element, gradient)                                              \
  const size_t offset = (size_t)ROW * columns, image = IMAGE_OFFSET;                           \
  const real s = LOG_SCALE(0);                                                                 \
  LANE_SUM(sum);                                                                               \
  FOR_LANES_SUM(j, columns) {                                                                  \
    real da, ds;                                                                               \
    LANE_ADD(sum, name##_density(element(heads, offset + j, j), s, x[image + j], &da, &ds));   \
    gradient;                                                                                  \
  }                                                                                            \
  const real total = GROUP_SUM(scratch, sum);                                                  \
  if (LANE == 0) log_likelihood[ROW] = total
#define SHARED_SCALE_VALUE(name, element)                                                      \
  GROUP_SCRATCH(scratch);                                                                      \
  SHARED_SCALE_ROW(name, element, (void)da; (void)ds)
#define SHARED_SCALE_GRADIENT(name, element)                                                   \
  GROUP_SCRATCH(scratch);                                                                      \
  const real weight = upstream[ROW];                                                           \
  LANE_SUM(slopes);                                                                            \
  SHARED_SCALE_ROW(name, element, dheads[offset + j] = weight * da; LANE_ADD(slopes, ds));     \
  const real slope = GROUP_SUM(scratch, slopes);                                               \
  if (LANE == 0) dscale[ROW] = IS_IN_RANGE(0) ? weight * slope : REAL(0.0)

#define LOCATION_SCALE_ROW(name, gradient)                                                     \
  GROUP_SCRATCH(scratch);                                                                      \
  const size_t offset = HEADS_OFFSET, image = IMAGE_OFFSET;                                    \
  LANE_SUM(sum);                                                                               \
  FOR_LANES_SUM(j, columns) {                                                                  \
    const size_t at = SCALE_AT(j);                                                             \
    real da, ds;                                                                               \
    LANE_ADD(sum, name##_density(heads[offset + j], LOG_SCALE(at), x[image + j], &da, &ds));   \
    gradient;                                                                                  \
  }                                                                                            \
  const real total = GROUP_SUM(scratch, sum);                                                  \
  if (LANE == 0) log_likelihood[ROW] = total

#define MEANS_OF_PIXELS(name)                                                                  \
  MEAN_ROW(name##_mean_of(heads[offset + j], LOG_SCALE(SCALE_AT(j))))
#define MEANS_OF_BLOCKS(name)                                                                  \
  const size_t offset = HEADS_OFFSET;                                                          \
  FOR_BLOCKS(first, width, columns) {                                                          \
    real scales[BLOCK], means[BLOCK];                                                          \
    FOR_BLOCK(l, width) scales[l] = LOG_SCALE(SCALE_AT(first + l));                            \
    name##_means(heads + offset + first, scales, width, means);                                \
    FOR_BLOCK(l, width) mean[(size_t)ROW * columns + first + l] = means[l];                    \
  }

#define LOCATION_SCALE(name, means)                                                            \
  ROW_KERNEL(name##_shared_log_likelihood,                                                     \
             (IN(real, heads), IN(real, x), IN(real, scale), OUT(real, log_likelihood),        \
              LIKELIHOOD_SIZES)) {                                                             \
    LOCATE(heads) LOCATE(x) LOCATE(scale) LOCATE(log_likelihood)                               \
    SHARED_SCALE_VALUE(name, STORED);                                                          \
  }                                                                                            \
  ROW_KERNEL(name##_shared_log_likelihood_after_bias_identity,                                 \
             (INOUT(real, heads), IN(real, bias), IN(real, x), IN(real, scale),                \
              OUT(real, log_likelihood), LIKELIHOOD_SIZES)) {                                  \
    LOCATE(heads) LOCATE(bias) LOCATE(x) LOCATE(scale) LOCATE(log_likelihood)                  \
    SHARED_SCALE_VALUE(name, BIASED);                                                          \
  }                                                                                            \
  ROW_KERNEL(name##_shared_log_likelihood_with_gradient,                                       \
             (IN(real, heads), IN(real, x), IN(real, scale), IN(real, upstream),               \
              OUT(real, dheads), OUT(real, dscale), OUT(real, log_likelihood),                 \
              LIKELIHOOD_SIZES)) {                                                             \
    LOCATE(heads) LOCATE(x) LOCATE(scale) LOCATE(upstream) LOCATE(dheads) LOCATE(dscale)       \
    LOCATE(log_likelihood)                                                                     \
    SHARED_SCALE_GRADIENT(name, STORED);                                                       \
  }                                                                                            \
  ROW_KERNEL(name##_shared_log_likelihood_with_gradient_after_bias_identity,                   \
             (INOUT(real, heads), IN(real, bias), IN(real, x), IN(real, scale),                \
              IN(real, upstream), OUT(real, dheads), OUT(real, dscale),                        \
              OUT(real, log_likelihood), LIKELIHOOD_SIZES)) {                                  \
    LOCATE(heads) LOCATE(bias) LOCATE(x) LOCATE(scale) LOCATE(upstream) LOCATE(dheads)         \
    LOCATE(dscale) LOCATE(log_likelihood)                                                      \
    SHARED_SCALE_GRADIENT(name, BIASED);                                                       \
  }                                                                                            \
  ROW_KERNEL(name##_log_likelihood,                                                            \
             (IN(real, heads), IN(real, x), IN(real, scale), OUT(real, log_likelihood),        \
              LIKELIHOOD_SIZES, SCALE_LAYOUT)) {                                               \
    LOCATE(heads) LOCATE(x) LOCATE(scale) LOCATE(log_likelihood)                               \
    LOCATION_SCALE_ROW(name, (void)da; (void)ds);                                              \
  }                                                                                            \
  /* dscale has the layout of scale, but one row for each row of heads. */                     \
  ROW_KERNEL(name##_log_likelihood_with_gradient,                                              \
             (IN(real, heads), IN(real, x), IN(real, scale), IN(real, upstream),               \
              OUT(real, dheads), OUT(real, dscale), OUT(real, log_likelihood),                 \
              LIKELIHOOD_SIZES, SCALE_LAYOUT)) {                                               \
    LOCATE(heads) LOCATE(x) LOCATE(scale) LOCATE(upstream) LOCATE(dheads) LOCATE(dscale)       \
    LOCATE(log_likelihood)                                                                     \
    const real weight = upstream[ROW];                                                         \
    const size_t into = scale_offset + (size_t)ROW * (scale_row > 0 ? scale_row : columns);    \
    LOCATION_SCALE_ROW(name, dheads[offset + j] = weight * da;                                 \
                       dscale[into + j] = IS_IN_RANGE(at) ? weight * ds : REAL(0.0));          \
  }                                                                                            \
  ROW_KERNEL(name##_mean, (IN(real, heads), IN(real, scale), OUT(real, mean),                  \
                           LIKELIHOOD_SIZES, SCALE_LAYOUT)) {                                  \
    LOCATE(heads) LOCATE(scale) LOCATE(mean)                                                   \
    means(name);                                                                               \
  }                                                                                            \
  ROW_KERNEL(name##_draw, (IN(real, heads), IN(real, scale), IN(uint, state), OUT(real, x),    \
                           LIKELIHOOD_SIZES, SCALE_LAYOUT, VALUE(uint, purpose))) {            \
    LOCATE(heads) LOCATE(scale) LOCATE(state) LOCATE(x)                                        \
    DRAW_ROW(name##_draw_of(heads[offset + j], LOG_SCALE(SCALE_AT(j)), u, n))                  \
  }

// ---- Many heads. A block is the pixels that a lane takes at once (FOR_BLOCKS, dialect.h), so that a processor's vectors
// run over pixels and not over heads.

#define MANY_HEADS_ROW(name, weight, gradient)                                                 \
  GROUP_SCRATCH(scratch);                                                                      \
  const size_t offset = HEADS_OFFSET, image = IMAGE_OFFSET;                                    \
  LANE_SUM(sum);                                                                               \
  FOR_BLOCKS(first, width, columns) {                                                          \
    real density[BLOCK];                                                                       \
    name##_densities(heads + offset + first, columns, head_count, x + image + first, width,    \
                     weight, gradient, density);                                               \
    FOR_BLOCK(l, width) BLOCK_ADD(sum, l, density[l]);                                         \
  }                                                                                            \
  const real total = GROUP_SUM(scratch, sum);                                                  \
  if (LANE == 0) log_likelihood[ROW] = total

#define MANY_HEADS(name)                                                                       \
  ROW_KERNEL(name##_log_likelihood,                                                            \
             (IN(real, heads), IN(real, x), OUT(real, log_likelihood), LIKELIHOOD_SIZES)) {    \
    LOCATE(heads) LOCATE(x) LOCATE(log_likelihood)                                             \
    MANY_HEADS_ROW(name, REAL(0.0), 0);                                                        \
  }                                                                                            \
  ROW_KERNEL(name##_log_likelihood_with_gradient,                                              \
             (IN(real, heads), IN(real, x), IN(real, upstream), OUT(real, dheads),             \
              OUT(real, log_likelihood), LIKELIHOOD_SIZES)) {                                  \
    LOCATE(heads) LOCATE(x) LOCATE(upstream) LOCATE(dheads) LOCATE(log_likelihood)             \
    MANY_HEADS_ROW(name, upstream[ROW], dheads + offset + first);                              \
  }                                                                                            \
  ROW_KERNEL(name##_mean, (IN(real, heads), OUT(real, mean), LIKELIHOOD_SIZES)) {              \
    LOCATE(heads) LOCATE(mean)                                                                 \
    const size_t offset = HEADS_OFFSET;                                                        \
    FOR_BLOCKS(first, width, columns) {                                                        \
      real means[BLOCK];                                                                       \
      name##_means(heads + offset + first, columns, head_count, width, means);                 \
      FOR_BLOCK(l, width) mean[(size_t)ROW * columns + first + l] = means[l];                  \
    }                                                                                          \
  }                                                                                            \
  ROW_KERNEL(name##_draw, (IN(real, heads), IN(uint, state), OUT(real, x), LIKELIHOOD_SIZES,   \
                           VALUE(uint, purpose))) {                                            \
    LOCATE(heads) LOCATE(state) LOCATE(x)                                                      \
    const size_t offset = HEADS_OFFSET;                                                        \
    FOR_BLOCKS(first, width, columns) {                                                        \
      real u[BLOCK], drawn[BLOCK];                                                             \
      FOR_BLOCK(l, width) {                                                                    \
        uint w[4];                                                                             \
        philox(first + l, state[STATE_BATCH_START] + (uint)ROW, state[STATE_STEP], purpose,    \
               state[STATE_SEED_LOW], state[STATE_SEED_HIGH], w);                              \
        u[l] = pixel_uniform(w[0]);                                                            \
      }                                                                                        \
      name##_draws(heads + offset + first, columns, head_count, u, width, drawn);              \
      FOR_BLOCK(l, width) x[(size_t)ROW * columns + first + l] = drawn[l];                     \
    }                                                                                          \
  }
