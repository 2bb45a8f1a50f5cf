// Batches from the uint8 data set that stays on the device. Row r of the batch is image
// order[batch start + r].

// x = pixel / 255.
ROW_KERNEL(gather_scaled, (IN(uchar, pixels), IN(uint, order), IN(uint, state), OUT(real, x),
                           VALUE(uint, columns))) {
  LOCATE(pixels) LOCATE(order) LOCATE(state) LOCATE(x)
  const size_t source = (size_t)order[state[STATE_BATCH_START] + ROW] * columns;
  const size_t offset = (size_t)ROW * columns;
  STORE_LANES(x + offset, j, columns, (real)pixels[source + j] / REAL(255.0))
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
  LOCATE(pixels) LOCATE(order) LOCATE(state) LOCATE(x)
  const uint image = order[state[STATE_BATCH_START] + ROW];
  const uint seed_low = is_static ? 0 : state[STATE_SEED_LOW];
  const uint seed_high = is_static ? 0 : state[STATE_SEED_HIGH];
  const uint step = is_static ? draw : state[STATE_STEP];
  const size_t source = (size_t)image * columns;
  const size_t offset = (size_t)ROW * columns;
  const uint at_once = BLOCKS_AT_ONCE, groups = columns / (4 * at_once);
  FOR_LANES(group, groups) {
    const uint first = 4 * at_once * group;
    uint w[4][BLOCKS_AT_ONCE];
    philox_blocks(at_once * group, image, step, purpose, seed_low, seed_high, w);
    for (uint i = 0; i < at_once; i++)
      UNROLL(4) for (uint k = 0; k < 4; k++)
        x[offset + first + 4 * i + k] = binarised(w[k][i], pixels[source + first + 4 * i + k]);
  }
  for (uint first = 4 * at_once * groups; LANE == 0 && first < columns; first += 4) {
    uint w[4];
    philox(first / 4, image, step, purpose, seed_low, seed_high, w);
    for (uint k = 0; k < 4 && first + k < columns; k++)
      x[offset + first + k] = binarised(w[k], pixels[source + first + k]);
  }
}
