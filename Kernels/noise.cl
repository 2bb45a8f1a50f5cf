// Philox noise as a tensor. Row r is sample `batch start + r`.

ROW_KERNEL(philox_normal, (IN(uint, state), OUT(real, z), VALUE(uint, columns), VALUE(uint, purpose))) {
  LOCATE(state) LOCATE(z)
  const uint sample = state[STATE_BATCH_START] + (uint)ROW;
  FOR_BLOCKS(first, width, columns) {
    real noise[BLOCK];
    philox_normals(first, width, sample, state[STATE_STEP], purpose, state[STATE_SEED_LOW], state[STATE_SEED_HIGH],
                   noise);
    FOR_BLOCK(l, width) z[(size_t)ROW * columns + first + l] = noise[l];
  }
}

ROW_KERNEL(philox_uniform, (IN(uint, state), OUT(real, u), VALUE(uint, columns), VALUE(uint, purpose))) {
  LOCATE(state) LOCATE(u)
  const uint sample = state[STATE_BATCH_START] + (uint)ROW;
  FOR_BLOCKS(first, width, columns) {
    real noise[BLOCK];
    philox_uniforms(first, width, sample, state[STATE_STEP], purpose, state[STATE_SEED_LOW], state[STATE_SEED_HIGH],
                    noise);
    FOR_BLOCK(l, width) u[(size_t)ROW * columns + first + l] = noise[l];
  }
}

// x with noise for a denoising auto-encoder: Gaussian of standard deviation `level` added, or with the probability `level` set
// to 0 (`masks`). Keyed by the image, so that a batch may be cut anywhere.
ROW_KERNEL(corrupt, (IN(real, x), IN(uint, order), IN(uint, state), OUT(real, y), VALUE(uint, columns),
                     VALUE(uint, purpose), VALUE(uint, masks), VALUE(real, level))) {
  LOCATE(x) LOCATE(order) LOCATE(state) LOCATE(y)
  const size_t offset = (size_t)ROW * columns;
  const uint sample = order[state[STATE_BATCH_START] + (uint)ROW];
  FOR_BLOCKS(first, width, columns) {
    const size_t at = offset + first;
    real noise[BLOCK];
    if (masks) {
      philox_uniforms(first, width, sample, state[STATE_STEP], purpose, state[STATE_SEED_LOW], state[STATE_SEED_HIGH],
                      noise);
      FOR_BLOCK(l, width) {
        const real kept = x[at + l];
        y[at + l] = noise[l] < level ? REAL(0.0) : kept;
      }
    } else {
      philox_normals(first, width, sample, state[STATE_STEP], purpose, state[STATE_SEED_LOW], state[STATE_SEED_HIGH],
                     noise);
      FOR_BLOCK(l, width) y[at + l] = x[at + l] + level * noise[l];
    }
  }
}
