#ifndef VAE_COPENBLAS_SHIM_H
#define VAE_COPENBLAS_SHIM_H
#include <cblas.h>

// LAPACK routines that OpenBLAS holds, by their Fortran names; the last arguments are the lengths of the characters.
void dsyevd_(const char *job, const char *triangle, const int *n, double *a, const int *stride, double *values,
             double *work, const int *work_count, int *integers, const int *integer_count, int *info, size_t, size_t);
void dpotrf_(const char *triangle, const int *n, double *a, const int *stride, int *info, size_t);
void dpotrs_(const char *triangle, const int *n, const int *columns, const double *a, const int *stride, double *b,
             const int *b_stride, int *info, size_t);
void dsytrf_(const char *triangle, const int *n, double *a, const int *stride, int *pivots, double *work,
             const int *work_count, int *info, size_t);
#endif
