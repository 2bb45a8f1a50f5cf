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

// One row a place of the kernel. What a row of the kernel covers lies side by side in the image.
ROW_KERNEL(unfold, (IN(real, image), OUT(real, unfolded), GEOMETRY)) {
  const uint n = (uint)ROW / (out_height * out_width), place = REMAINDER((uint)ROW, n, out_height * out_width);
  const uint oy = place / out_width, ox = REMAINDER(place, oy, out_width);
  const int top = (int)(oy * stride) - (int)padding;
  const int left = ((int)(ox * stride) - (int)padding) * (int)channels;
  const int line = (int)(width * channels), run = (int)(kernel_width * channels);
  // The part of a run that lies in the image.
  const int begin = left < 0 ? -left : 0, end = left + run > line ? line - left : run;
  for (uint ky = 0; ky < kernel_height; ky++) {
    const int y = top + (int)ky;
    const int is_inside = y >= 0 && y < (int)height;
    GLOBAL(real) to = unfolded + ((size_t)ROW * kernel_height + ky) * (uint)run;
    GLOBAL_IN(real) from = image + ((size_t)n * height + (uint)(is_inside ? y : 0)) * (uint)line;
    FOR_LANES(j, (uint)run) {
      const int inside = is_inside && (int)j >= begin && (int)j < end;
      to[j] = inside ? from[left + (int)j] : REAL(0.0);
    }
  }
}

// The transpose of unfold: every pixel the sum of all that was made of it, in the order of the kernel's rows and columns. One row a pixel.
ROW_KERNEL(fold, (IN(real, unfolded), OUT(real, image), GEOMETRY)) {
  const uint n = (uint)ROW / (height * width), pixel = REMAINDER((uint)ROW, n, height * width);
  const uint line = pixel / width, y = line + padding, x = REMAINDER(pixel, line, width) + padding;
  GLOBAL(real) to = image + (size_t)ROW * channels;
  FOR_LANES(c, channels) to[c] = REAL(0.0);
  const uint last_y = y / stride, last_x = x / stride;
  for (uint ky = REMAINDER(y, last_y, stride), oy = last_y; ky < kernel_height && ky <= y; ky += stride, oy--) {
    if (oy >= out_height) continue;
    for (uint kx = REMAINDER(x, last_x, stride), ox = last_x; kx < kernel_width && kx <= x; kx += stride, ox--) {
      if (ox >= out_width) continue;
      const size_t place = ((size_t)n * out_height + oy) * out_width + ox;
      GLOBAL_IN(real) from = unfolded + ((place * kernel_height + ky) * kernel_width + kx) * channels;
      FOR_LANES(c, channels) to[c] += from[c];
    }
  }
}

// [images, pixels, numbers] -> [images, numbers, pixels]: the heads of a likelihood have the first number of every pixel in front, each
// with its channels. One row an image and a number.
ROW_KERNEL(split_heads, (IN(real, x), OUT(real, y), VALUE(uint, pixels), VALUE(uint, numbers), VALUE(uint, channels))) {
  const uint n = (uint)ROW / numbers, number = REMAINDER((uint)ROW, n, numbers), count = pixels * channels;
  FOR_LANES(j, count) {
    const uint pixel = j / channels, channel = REMAINDER(j, pixel, channels);
    y[(size_t)ROW * count + j] = x[(((size_t)n * pixels + pixel) * numbers + number) * channels + channel];
  }
}

ROW_KERNEL(split_heads_backward,
           (IN(real, dy), OUT(real, dx), VALUE(uint, pixels), VALUE(uint, numbers), VALUE(uint, channels))) {
  const uint n = (uint)ROW / numbers, number = REMAINDER((uint)ROW, n, numbers), count = pixels * channels;
  FOR_LANES(j, count) {
    const uint pixel = j / channels, channel = REMAINDER(j, pixel, channels);
    dx[(((size_t)n * pixels + pixel) * numbers + number) * channels + channel] = dy[(size_t)ROW * count + j];
  }
}

// Images of another size, every pixel the one of the source that it lies in (nearest neighbour): source = place height / out height, rounded
// down. One row a pixel.
ROW_KERNEL(resize, (IN(real, x), OUT(real, y), VALUE(uint, height), VALUE(uint, width), VALUE(uint, channels),
                    VALUE(uint, out_height), VALUE(uint, out_width))) {
  const uint n = (uint)ROW / (out_height * out_width), pixel = REMAINDER((uint)ROW, n, out_height * out_width);
  const uint oy = pixel / out_width, ox = REMAINDER(pixel, oy, out_width);
  const uint source = (n * height + oy * height / out_height) * width + ox * width / out_width;
  FOR_LANES(c, channels) y[(size_t)ROW * channels + c] = x[(size_t)source * channels + c];
}

// Every pixel of the source the sum of those made of it, in order. One row a pixel of the source.
ROW_KERNEL(resize_backward, (IN(real, dy), OUT(real, dx), VALUE(uint, height), VALUE(uint, width), VALUE(uint, channels),
                             VALUE(uint, out_height), VALUE(uint, out_width))) {
  const uint n = (uint)ROW / (height * width), pixel = REMAINDER((uint)ROW, n, height * width);
  const uint y = pixel / width, x = REMAINDER(pixel, y, width);
  // The first place behind y is the smallest with place height / out height >= y + 1.
  const uint top = (y * out_height + height - 1) / height, bottom = ((y + 1) * out_height + height - 1) / height;
  const uint left = (x * out_width + width - 1) / width, right = ((x + 1) * out_width + width - 1) / width;
  GLOBAL(real) to = dx + (size_t)ROW * channels;
  FOR_LANES(c, channels) to[c] = REAL(0.0);
  for (uint place = top; place < bottom; place++) {
    for (uint column = left; column < right; column++) {
      GLOBAL_IN(real) from = dy + (((size_t)n * out_height + place) * out_width + column) * channels;
      FOR_LANES(c, channels) to[c] += from[c];
    }
  }
}
