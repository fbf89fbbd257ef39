#define SSF_LANES 16
#define SSF_NAME "AVX-512"
#define SSF_TABLE kernels_avx512
#include "ssf_kernels.inc"
