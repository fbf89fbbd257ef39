#define SSF_LANES 4
#define SSF_NAME "base"
#define SSF_TABLE kernels_base
#include "ssf_kernels.inc"
