// Convolutions are matrix products of unfolded images (im2col; Chellapilla et al. 2006). Images are [images, height, width, channels];
// an unfolded image has a row for each place of the kernel, [images outHeight outWidth, kernelHeight kernelWidth channels].
// The rows and columns of both are told by a geometry of eight numbers.
// The rest of a division whose quotient is known. The remainder operator beside a division makes compilers freeze a value, which
// Oclgrind does not know.
#define REMAINDER(a, quotient, b) ((a) - (quotient) * (b))

#define GEOMETRY                                                                                         \
  VALUE(uint, height), VALUE(uint, width), VALUE(uint, channels), VALUE(uint, out_height),               \
      VALUE(uint, out_width), VALUE(uint, kernel_height), VALUE(uint, kernel_width), VALUE(uint, stride), \
      VALUE(uint, padding)

// One row a row of places and a row of the kernel. What a row of the kernel covers lies side by side
// in the image.
ROW_KERNEL(unfold, (IN(real, image), OUT(real, unfolded), GEOMETRY)) {
  LOCATE(image) LOCATE(unfolded)
  const uint line_of_places = (uint)ROW / kernel_height, ky = REMAINDER((uint)ROW, line_of_places, kernel_height);
  const uint n = line_of_places / out_height, oy = REMAINDER(line_of_places, n, out_height);
  const int y = (int)(oy * stride + ky) - (int)padding, step = (int)(stride * channels), shift = (int)(padding * channels);
  const int line = (int)(width * channels);
  const uint run = kernel_width * channels, place = kernel_height * run;
  const int is_inside = y >= 0 && y < (int)height;
  GLOBAL_IN(real) from = image + ((size_t)n * height + (uint)(is_inside ? y : 0)) * (uint)line;
  FOR_LINE_BLOCKS(ox, first, count, out_width, run) {
    GLOBAL(real) to = unfolded + ((size_t)line_of_places * out_width + ox) * place + ky * run + first;
    const int left = (int)ox * step - shift + (int)first;
    // The part of a block that lies in the image.
    const int begin = left < 0 ? -left : 0, end = left + (int)count > line ? line - left : (int)count;
    FOR_BLOCK(j, count) {
      const int inside = is_inside && (int)j >= begin && (int)j < end;
      to[j] = inside ? from[left + (int)j] : REAL(0.0);
    }
  }
}

// The transpose of unfold: every pixel the sum of all that was made of it, in the order of the kernel's rows and columns. One row a part
// of `pixels` pixels of a row of an image.
ROW_KERNEL(fold, (IN(real, unfolded), OUT(real, image), GEOMETRY, VALUE(uint, pixels))) {
  LOCATE(unfolded) LOCATE(image)
  const uint parts = (width + pixels - 1) / pixels, row = (uint)ROW / parts;
  const uint left = REMAINDER((uint)ROW, row, parts) * pixels, lines = width - left < pixels ? width - left : pixels;
  const uint n = row / height, y = REMAINDER(row, n, height) + padding, last_y = y / stride;
  FOR_LINE_BLOCKS(column, first, count, lines, channels) {
    const uint x = left + column + padding, last_x = x / stride;
    real sum[BLOCK];
    FOR_BLOCK(c, count) sum[c] = REAL(0.0);
    for (uint ky = REMAINDER(y, last_y, stride), oy = last_y; ky < kernel_height && ky <= y; ky += stride, oy--) {
      if (oy >= out_height) continue;
      for (uint kx = REMAINDER(x, last_x, stride), ox = last_x; kx < kernel_width && kx <= x; kx += stride, ox--) {
        if (ox >= out_width) continue;
        const size_t place = ((size_t)n * out_height + oy) * out_width + ox;
        GLOBAL_IN(real) from = unfolded + ((place * kernel_height + ky) * kernel_width + kx) * channels + first;
        FOR_BLOCK(c, count) sum[c] += from[c];
      }
    }
    GLOBAL(real) to = image + ((size_t)row * width + left + column) * channels + first;
    FOR_BLOCK(c, count) to[c] = sum[c];
  }
}

// [images, pixels, numbers] -> [images, numbers, pixels]: the heads of a likelihood have the first number of every pixel in front, each
// with its channels. One row an image and a number.
ROW_KERNEL(split_heads, (IN(real, x), OUT(real, y), VALUE(uint, pixels), VALUE(uint, numbers), VALUE(uint, channels))) {
  LOCATE(x) LOCATE(y)
  const uint n = (uint)ROW / numbers, number = REMAINDER((uint)ROW, n, numbers), count = pixels * channels;
  FOR_LANES(j, count) {
    const uint pixel = j / channels, channel = REMAINDER(j, pixel, channels);
    y[(size_t)ROW * count + j] = x[(((size_t)n * pixels + pixel) * numbers + number) * channels + channel];
  }
}

ROW_KERNEL(split_heads_backward,
           (IN(real, dy), OUT(real, dx), VALUE(uint, pixels), VALUE(uint, numbers), VALUE(uint, channels))) {
  LOCATE(dy) LOCATE(dx)
  const uint n = (uint)ROW / numbers, number = REMAINDER((uint)ROW, n, numbers), count = pixels * channels;
  FOR_LANES(j, count) {
    const uint pixel = j / channels, channel = REMAINDER(j, pixel, channels);
    dx[(((size_t)n * pixels + pixel) * numbers + number) * channels + channel] = dy[(size_t)ROW * count + j];
  }
}

// Images of another size, every pixel the one of the source that it lies in (nearest neighbour): source = place height / out height, rounded
// down. One row a row of an image.
ROW_KERNEL(resize, (IN(real, x), OUT(real, y), VALUE(uint, height), VALUE(uint, width), VALUE(uint, channels),
                    VALUE(uint, out_height), VALUE(uint, out_width))) {
  LOCATE(x) LOCATE(y)
  const uint n = (uint)ROW / out_height, oy = REMAINDER((uint)ROW, n, out_height);
  const size_t line = ((size_t)n * height + oy * height / out_height) * width;
  FOR_LINE_BLOCKS(ox, first, count, out_width, channels) {
    GLOBAL_IN(real) from = x + (line + ox * width / out_width) * channels + first;
    GLOBAL(real) to = y + ((size_t)ROW * out_width + ox) * channels + first;
    FOR_BLOCK(c, count) to[c] = from[c];
  }
}

// Every pixel of the source the sum of those made of it, in order. One row a row of the source.
ROW_KERNEL(resize_backward, (IN(real, dy), OUT(real, dx), VALUE(uint, height), VALUE(uint, width), VALUE(uint, channels),
                             VALUE(uint, out_height), VALUE(uint, out_width))) {
  LOCATE(dy) LOCATE(dx)
  const uint n = (uint)ROW / height, y = REMAINDER((uint)ROW, n, height);
  // The first place behind y is the smallest with place height / out height >= y + 1.
  const uint top = (y * out_height + height - 1) / height, bottom = ((y + 1) * out_height + height - 1) / height;
  FOR_LINE_BLOCKS(x, first, count, width, channels) {
    const uint left = (x * out_width + width - 1) / width, right = ((x + 1) * out_width + width - 1) / width;
    real sum[BLOCK];
    FOR_BLOCK(c, count) sum[c] = REAL(0.0);
    for (uint place = top; place < bottom; place++) {
      for (uint column = left; column < right; column++) {
        GLOBAL_IN(real) from = dy + (((size_t)n * out_height + place) * out_width + column) * channels + first;
        FOR_BLOCK(c, count) sum[c] += from[c];
      }
    }
    GLOBAL(real) to = dx + ((size_t)ROW * width + x) * channels + first;
    FOR_BLOCK(c, count) to[c] = sum[c];
  }
}
