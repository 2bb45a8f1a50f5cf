// The random numbers of the kernels for the host.
#define LEVEL host
#include "cpu_dialect.h"

#include "../../Kernels/maths.h"
#include "../../Kernels/random.h"

void vae_philox_stream(const uint32_t counter[4], const uint32_t key[2], uint32_t *words, size_t count) {
  for (size_t i = 0; i < count; i += 4) {
    uint32_t four[4];
    philox(counter[0] + (uint32_t)(i / 4), counter[1], counter[2], counter[3], key[0], key[1], four);
    memcpy(words + i, four, sizeof(uint32_t) * (count - i < 4 ? count - i : 4));
  }
}

void vae_philox(const uint32_t counter[4], const uint32_t key[2], uint32_t words[4]) {
  philox(counter[0], counter[1], counter[2], counter[3], key[0], key[1], words);
}
