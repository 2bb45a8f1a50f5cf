// Elementwise arithmetic on whole tensors.

KERNEL(add, (IN(real, a), IN(real, b), OUT(real, sum), VALUE(uint, count))) {
  GUARD(count);
  sum[ITEM] = a[ITEM] + b[ITEM];
}

KERNEL(duplicate, (IN(real, x), OUT(real, y), VALUE(uint, count))) {
  GUARD(count);
  y[ITEM] = x[ITEM];
}
