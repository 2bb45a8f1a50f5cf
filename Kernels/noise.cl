// Philox noise as a tensor. Row r is sample `batch start + r`.

ROW_KERNEL(philox_normal, (IN(uint, state), OUT(real, z), VALUE(uint, columns), VALUE(uint, purpose))) {
  LOCATE(state) LOCATE(z)
  const uint sample = state[STATE_BATCH_START] + (uint)ROW;
  FOR_LANES(j, columns)
  z[(size_t)ROW * columns + j] = philox_normal_element(j, sample, state[STATE_STEP], purpose,
                                                       state[STATE_SEED_LOW], state[STATE_SEED_HIGH]);
}

ROW_KERNEL(philox_uniform, (IN(uint, state), OUT(real, u), VALUE(uint, columns), VALUE(uint, purpose))) {
  LOCATE(state) LOCATE(u)
  const uint sample = state[STATE_BATCH_START] + (uint)ROW;
  FOR_LANES(j, columns) {
    uint w[4];
    philox(j >> 2, sample, state[STATE_STEP], purpose, state[STATE_SEED_LOW], state[STATE_SEED_HIGH], w);
    u[(size_t)ROW * columns + j] = uniform_from_word(w[j & 3u]);
  }
}

// x with noise for a denoising auto-encoder: Gaussian of standard deviation `level` added, or with the probability `level` set
// to 0 (`masks`). Keyed by the image, so that a batch may be cut anywhere.
ROW_KERNEL(corrupt, (IN(real, x), IN(uint, order), IN(uint, state), OUT(real, y), VALUE(uint, columns),
                     VALUE(uint, purpose), VALUE(uint, masks), VALUE(real, level))) {
  LOCATE(x) LOCATE(order) LOCATE(state) LOCATE(y)
  const size_t offset = (size_t)ROW * columns;
  const uint sample = order[state[STATE_BATCH_START] + (uint)ROW];
  FOR_LANES(j, columns) {
    uint w[4];
    philox(j >> 2, sample, state[STATE_STEP], purpose, state[STATE_SEED_LOW], state[STATE_SEED_HIGH], w);
    const real noise = philox_normal_element(j, sample, state[STATE_STEP], purpose, state[STATE_SEED_LOW],
                                             state[STATE_SEED_HIGH]);
    const real masked = uniform_from_word(w[j & 3u]) < level ? REAL(0.0) : x[offset + j];
    y[offset + j] = masks ? masked : x[offset + j] + level * noise;
  }
}
