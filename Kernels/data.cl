// Batches from the uint8 data set that stays on the device. Row r of the batch is image
// order[batch start + r].

// x = pixel / 255.
ROW_KERNEL(gather_scaled, (IN(uchar, pixels), IN(uint, order), IN(uint, state), OUT(real, x),
                           VALUE(uint, columns))) {
  const size_t source = (size_t)order[state[STATE_BATCH_START] + ROW] * columns;
  const size_t offset = (size_t)ROW * columns;
  FOR_LANES(j, columns) x[offset + j] = (real)pixels[source + j] / REAL(255.0);
}

// 1 with probability pixel / 255, exactly: 255 word < 2^32 pixel. As 2^32 = 255 * 16843009 + 1, that is
// word <= 16843009 pixel for a pixel that is not 0, in 32 bits.
FUNCTION real binarised(const uint word, const uint pixel) {
  return word <= 16843009u * pixel && pixel != 0 ? REAL(1.0) : REAL(0.0);
}

// x = a draw of each pixel. Four pixels share a Philox block.
// Static binarisation (is_static = 1) keys the draw by the image alone, for every seed and step; `draw` then
// tells the splits apart.
ROW_KERNEL(gather_binarised, (IN(uchar, pixels), IN(uint, order), IN(uint, state), OUT(real, x),
                              VALUE(uint, columns), VALUE(uint, purpose), VALUE(uint, is_static),
                              VALUE(uint, draw))) {
  const uint image = order[state[STATE_BATCH_START] + ROW];
  const uint seed_low = is_static ? 0 : state[STATE_SEED_LOW];
  const uint seed_high = is_static ? 0 : state[STATE_SEED_HIGH];
  const uint step = is_static ? draw : state[STATE_STEP];
  const size_t source = (size_t)image * columns;
  const size_t offset = (size_t)ROW * columns;
  const uint blocks = columns / 4;
  FOR_LANES(block, blocks) {
    uint w[4];
    philox(block, image, step, purpose, seed_low, seed_high, w);
    UNROLL(4) for (uint k = 0; k < 4; k++)
      x[offset + 4 * block + k] = binarised(w[k], pixels[source + 4 * block + k]);
  }
  if (LANE == 0 && 4 * blocks < columns) {
    uint w[4];
    philox(blocks, image, step, purpose, seed_low, seed_high, w);
    for (uint k = 0; 4 * blocks + k < columns; k++)
      x[offset + 4 * blocks + k] = binarised(w[k], pixels[source + 4 * blocks + k]);
  }
}
