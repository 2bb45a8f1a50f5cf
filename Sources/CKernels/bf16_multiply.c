// The products of packed bf16 operands (bf16.h) by instructions for them, sums in float32.
#include "level.h"

#if defined(__x86_64__)
#include <immintrin.h>

#define AVX512_TARGET TARGET("avx512f,avx512bw,avx512vl,avx512bf16")
#define AMX_TARGET TARGET("avx512f,amx-tile,amx-bf16")

// 8 rows by one or two panels of columns: up to 16 accumulators of 512 bits.
AVX512_TARGET INLINE void eight_rows(const bf16_block *o, const bf16 *a, float *c, const int columns) {
  __m512 sum[8][2];
  UNROLL for (int i = 0; i < 8; i++) {
    UNROLL for (int v = 0; v < columns; v++)
      sum[i][v] = o->accumulate ? _mm512_loadu_ps(c + (size_t)i * o->ldc + v * SIDE) : _mm512_setzero_ps();
  }
  for (size_t t = 0; t < o->tiles; t++) {
    for (size_t pair = 0; pair < DEPTH / 2; pair++) {
      __m512bh b[2];
      UNROLL for (int v = 0; v < columns; v++)
        b[v] = (__m512bh)_mm512_load_si512(o->b + (size_t)v * o->panel + t * TILE + pair * 2 * SIDE);
      UNROLL for (int i = 0; i < 8; i++) {
        const __m512bh x = (__m512bh)_mm512_set1_epi32(*(const int *)(a + t * TILE + (size_t)i * DEPTH + 2 * pair));
        UNROLL for (int v = 0; v < columns; v++) sum[i][v] = _mm512_dpbf16_ps(sum[i][v], x, b[v]);
      }
    }
  }
  UNROLL for (int i = 0; i < 8; i++) {
    UNROLL for (int v = 0; v < columns; v++) _mm512_storeu_ps(c + (size_t)i * o->ldc + v * SIDE, sum[i][v]);
  }
}

AVX512_TARGET static void run_avx512(const bf16_block *o) {
  for (int i = 0; i < SIDE * o->rows; i += 8) {
    const bf16 *a = o->a + (size_t)(i / SIDE) * o->panel + (size_t)(i % SIDE) * DEPTH;
    float *c = o->c + (size_t)i * o->ldc;
    o->columns == 2 ? eight_rows(o, a, c, 2) : eight_rows(o, a, c, 1);
  }
}

// Registers: C in 0 ... 3, A in 4 and 5, B in 6 and 7, each 16 rows of 64 bytes.
AMX_TARGET static void begin_amx(void) {
  struct {
    uint8_t palette, start_row, reserved[14];
    uint16_t row_bytes[16];
    uint8_t rows[16];
  } __attribute__((aligned(64))) configuration = {.palette = 1};
  for (int i = 0; i < 8; i++) configuration.row_bytes[i] = 64, configuration.rows[i] = SIDE;
  _tile_loadconfig(&configuration);
}

// Gives the registers back, so that the system need not save them.
AMX_TARGET static void end_amx(void) { _tile_release(); }

AMX_TARGET INLINE void amx_block(const bf16_block *o, const int rows, const int columns) {
  const size_t ldc = o->ldc * sizeof(float);
  float *const c0 = o->c, *const c1 = o->c + SIDE * o->ldc;
  if (o->accumulate) {
    _tile_loadd(0, c0, ldc);
    if (columns == 2) _tile_loadd(1, c0 + SIDE, ldc);
    if (rows == 2) _tile_loadd(2, c1, ldc);
    if (rows == 2 && columns == 2) _tile_loadd(3, c1 + SIDE, ldc);
  } else {
    _tile_zero(0);
    if (columns == 2) _tile_zero(1);
    if (rows == 2) _tile_zero(2);
    if (rows == 2 && columns == 2) _tile_zero(3);
  }
  const bf16 *a = o->a, *b = o->b;
  for (size_t t = 0; t < o->tiles; t++, a += TILE, b += TILE) {
    _tile_loadd(4, a, 64);
    _tile_loadd(6, b, 64);
    _tile_dpbf16ps(0, 4, 6);
    if (columns == 2) {
      _tile_loadd(7, b + o->panel, 64);
      _tile_dpbf16ps(1, 4, 7);
    }
    if (rows == 2) {
      _tile_loadd(5, a + o->panel, 64);
      _tile_dpbf16ps(2, 5, 6);
      if (columns == 2) _tile_dpbf16ps(3, 5, 7);
    }
  }
  _tile_stored(0, c0, ldc);
  if (columns == 2) _tile_stored(1, c0 + SIDE, ldc);
  if (rows == 2) _tile_stored(2, c1, ldc);
  if (rows == 2 && columns == 2) _tile_stored(3, c1 + SIDE, ldc);
}

AMX_TARGET static void run_amx(const bf16_block *o) {
  if (o->rows == 2)
    o->columns == 2 ? amx_block(o, 2, 2) : amx_block(o, 2, 1);
  else
    o->columns == 2 ? amx_block(o, 1, 2) : amx_block(o, 1, 1);
}
#endif

bf16_multiplier vae_bf16_multiplier(const vae_level *level, vae_bf16_kernel kind) {
#if defined(__x86_64__)
  if (kind == VAE_BF16_AMX) return (bf16_multiplier){begin_amx, run_amx, end_amx};
  if (kind == VAE_BF16_AVX512) return (bf16_multiplier){NULL, run_avx512, NULL};
#endif
  (void)kind;
  return (bf16_multiplier){NULL, level->run_bf16, NULL};
}
