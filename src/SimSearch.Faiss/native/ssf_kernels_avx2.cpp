#define SSF_LANES 8
#define SSF_NAME "AVX2+FMA"
#define SSF_TABLE kernels_avx2
#include "ssf_kernels.inc"
