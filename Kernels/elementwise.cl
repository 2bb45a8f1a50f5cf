// Elementwise arithmetic on whole tensors.

KERNEL(add, (IN(real, a), IN(real, b), OUT(real, sum), VALUE(uint, count))) {
  FOR_ITEM(count) sum[ITEM] = a[ITEM] + b[ITEM];
}

KERNEL(duplicate, (IN(real, x), OUT(real, y), VALUE(uint, count))) {
  FOR_ITEM(count) y[ITEM] = x[ITEM];
}
