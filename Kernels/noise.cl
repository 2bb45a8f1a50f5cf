// Philox noise as a tensor. Row r is sample `batch start + r`.

ROW_KERNEL(philox_normal, (IN(uint, state), OUT(real, z), VALUE(uint, columns), VALUE(uint, purpose))) {
  const uint sample = state[STATE_BATCH_START] + (uint)ROW;
  FOR_LANES(j, columns)
  z[(size_t)ROW * columns + j] = philox_normal_element(j, sample, state[STATE_STEP], purpose,
                                                       state[STATE_SEED_LOW], state[STATE_SEED_HIGH]);
}

ROW_KERNEL(philox_uniform, (IN(uint, state), OUT(real, u), VALUE(uint, columns), VALUE(uint, purpose))) {
  const uint sample = state[STATE_BATCH_START] + (uint)ROW;
  FOR_LANES(j, columns) {
    uint w[4];
    philox(j >> 2, sample, state[STATE_STEP], purpose, state[STATE_SEED_LOW], state[STATE_SEED_HIGH], w);
    u[(size_t)ROW * columns + j] = uniform_from_word(w[j & 3u]);
  }
}
