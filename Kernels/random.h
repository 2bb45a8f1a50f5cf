// Counter-based random numbers: Philox4x32-10 (Salmon et al. 2011, "Parallel random numbers: as easy as
// 1, 2, 3"). A number is a function of (seed, purpose, step, sample, element) and of nothing else, so it is the
// same on every device, for every batch split, in the backward pass and after a resume.
//   key = (seed low, seed high), counter = (element / 4, sample, step, purpose), word = element % 4

FUNCTION void philox(const uint block, const uint sample, const uint step, const uint purpose,
                     const uint seed_low, const uint seed_high, uint *words) {
  uint c0 = block, c1 = sample, c2 = step, c3 = purpose, k0 = seed_low, k1 = seed_high;
  UNROLL(10) for (int round = 0; round < 10; round++) {
    const uint h0 = MULTIPLY_HIGH(0xD2511F53u, c0), l0 = 0xD2511F53u * c0;
    const uint h1 = MULTIPLY_HIGH(0xCD9E8D57u, c2), l1 = 0xCD9E8D57u * c2;
    c0 = h1 ^ c1 ^ k0;
    c1 = l1;
    c2 = h0 ^ c3 ^ k1;
    c3 = l0;
    k0 += 0x9E3779B9u;
    k1 += 0xBB67AE85u;
  }
  words[0] = c0;
  words[1] = c1;
  words[2] = c2;
  words[3] = c3;
}

// BLOCKS_AT_ONCE blocks from `first` on: words[k][i] is word k of block first + i.
#if BLOCKS_AT_ONCE == 16
// In vectors: a compiler that makes loops into vectors leaves this one alone.
FUNCTION void philox_blocks(const uint first, const uint sample, const uint step, const uint purpose,
                            const uint seed_low, const uint seed_high, uint words[4][16]) {
  uint16 c0 = first + (uint16)(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
  uint16 c1 = sample, c2 = step, c3 = purpose;
  uint k0 = seed_low, k1 = seed_high;
  UNROLL(10) for (int round = 0; round < 10; round++) {
    const ulong16 p0 = convert_ulong16(c0) * 0xD2511F53ul, p1 = convert_ulong16(c2) * 0xCD9E8D57ul;
    c0 = convert_uint16(p1 >> 32) ^ c1 ^ k0;
    c1 = convert_uint16(p1);
    c2 = convert_uint16(p0 >> 32) ^ c3 ^ k1;
    c3 = convert_uint16(p0);
    k0 += 0x9E3779B9u;
    k1 += 0xBB67AE85u;
  }
  vstore16(c0, 0, words[0]);
  vstore16(c1, 0, words[1]);
  vstore16(c2, 0, words[2]);
  vstore16(c3, 0, words[3]);
}
#else
FUNCTION void philox_blocks(const uint first, const uint sample, const uint step, const uint purpose,
                            const uint seed_low, const uint seed_high, uint words[4][BLOCKS_AT_ONCE]) {
  for (uint i = 0; i < BLOCKS_AT_ONCE; i++) {
    uint w[4];
    philox(first + i, sample, step, purpose, seed_low, seed_high, w);
    UNROLL(4) for (uint k = 0; k < 4; k++) words[k][i] = w[k];
  }
}
#endif

// Uniform on [0, 1) from the upper 24 bits.
FUNCTION real uniform_from_word(const uint word) { return (real)(word >> 8) * REAL(5.9604644775390625e-8); }

// Box-Muller: two words give two standard normals. Both uniforms are odd multiples of 2^-24, never 0 or 1.
FUNCTION void normals_from_words(const uint a, const uint b, real *first, real *second) {
  const real u1 = ((real)(a >> 9) + REAL(0.5)) * REAL(1.1920928955078125e-7);
  const real u2 = ((real)(b >> 9) + REAL(0.5)) * REAL(1.1920928955078125e-7);
  const real radius = REAL_SQRT(REAL(-2.0) * real_log(u1));
  real cosine, sine;
  real_cos_sin_turns(u2, &cosine, &sine);
  *first = radius * cosine;
  *second = radius * sine;
}

// The standard normal of one element. Elements 2k and 2k + 1 of a block share one Box-Muller pair.
FUNCTION real philox_normal_element(const uint element, const uint sample, const uint step, const uint purpose,
                                    const uint seed_low, const uint seed_high) {
  uint w[4];
  philox(element >> 2, sample, step, purpose, seed_low, seed_high, w);
  const int upper = (element & 2u) != 0;
  real first, second;
  normals_from_words(upper ? w[2] : w[0], upper ? w[3] : w[1], &first, &second);
  return (element & 1u) ? second : first;
}

// The normals, and the uniform numbers, of elements first ..< first + width of a sample, no more
// than BLOCK.
#ifdef ONE_LANE
// Every Philox block is made once and its four elements are used. The number of blocks made
// together is a constant, so that loops over them become vectors without a rest; what nobody asked
// for is thrown away.
#define NOISE_BLOCKS (BLOCKS_AT_ONCE > 1 ? BLOCKS_AT_ONCE : 8)
#if BLOCKS_AT_ONCE == 1
// Multiplies in lanes of 64 bits, which hold a product whole; only the lower 32 bits of a word are
// read.
FUNCTION void philox_noise_blocks(const uint first, const uint sample, const uint step, const uint purpose,
                                  const uint seed_low, const uint seed_high, uint words[4][NOISE_BLOCKS]) {
  for (uint i = 0; i < NOISE_BLOCKS; i++) {
    const ulong mask = 0xFFFFFFFFu;
    ulong c0 = first + i, c1 = sample, c2 = step, c3 = purpose;
    uint k0 = seed_low, k1 = seed_high;
    UNROLL(10) for (int round = 0; round < 10; round++) {
      const ulong p0 = (c0 & mask) * 0xD2511F53u, p1 = (c2 & mask) * 0xCD9E8D57u;
      c0 = (p1 >> 32) ^ c1 ^ k0;
      c1 = p1;
      c2 = (p0 >> 32) ^ c3 ^ k1;
      c3 = p0;
      k0 += 0x9E3779B9u;
      k1 += 0xBB67AE85u;
    }
    words[0][i] = (uint)c0;
    words[1][i] = (uint)c1;
    words[2][i] = (uint)c2;
    words[3][i] = (uint)c3;
  }
}
#else
#define philox_noise_blocks philox_blocks
#endif
// `values` of the four words of each block, from block first / 4 on, lie one behind the other.
#define NOISE_OF_BLOCKS(noise, first, width, values)                                                      \
  real drawn[BLOCK + 4 * NOISE_BLOCKS];                                                                   \
  const uint shift = (first) & 3u, blocks = (shift + (width) + 3u) >> 2;                                  \
  for (uint b = 0; b < blocks; b += NOISE_BLOCKS) {                                                       \
    uint w[4][NOISE_BLOCKS];                                                                              \
    philox_noise_blocks(((first) >> 2) + b, sample, step, purpose, seed_low, seed_high, w);               \
    for (uint i = 0; i < NOISE_BLOCKS; i++) {                                                             \
      real *to = drawn + 4 * (b + i);                                                                     \
      values                                                                                              \
    }                                                                                                     \
  }                                                                                                       \
  FOR_BLOCK(l, width) noise[l] = drawn[shift + l]

FUNCTION void philox_normals(const uint first, const uint width, const uint sample, const uint step, const uint purpose,
                             const uint seed_low, const uint seed_high, real *noise) {
  NOISE_OF_BLOCKS(noise, first, width, normals_from_words(w[0][i], w[1][i], to, to + 1);
                  normals_from_words(w[2][i], w[3][i], to + 2, to + 3););
}
FUNCTION void philox_uniforms(const uint first, const uint width, const uint sample, const uint step, const uint purpose,
                              const uint seed_low, const uint seed_high, real *noise) {
  NOISE_OF_BLOCKS(noise, first, width, UNROLL(4) for (uint k = 0; k < 4; k++) to[k] = uniform_from_word(w[k][i]););
}
#else
FUNCTION void philox_normals(const uint first, const uint width, const uint sample, const uint step, const uint purpose,
                             const uint seed_low, const uint seed_high, real *noise) {
  (void)width;
  noise[0] = philox_normal_element(first, sample, step, purpose, seed_low, seed_high);
}
FUNCTION void philox_uniforms(const uint first, const uint width, const uint sample, const uint step, const uint purpose,
                              const uint seed_low, const uint seed_high, real *noise) {
  (void)width;
  uint w[4];
  philox(first >> 2, sample, step, purpose, seed_low, seed_high, w);
  noise[0] = uniform_from_word(w[first & 3u]);
}
#endif

// The words of a step's state buffer, written by the host before each step.
#define STATE_SEED_LOW 0
#define STATE_SEED_HIGH 1
#define STATE_STEP 2
#define STATE_BATCH_START 3
#define STATE_HISTORY_SLOT 4
