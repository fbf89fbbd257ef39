// FAISS's names bound to the widest kernels this processor runs.
#include "ssf_simd.h"

#include <cstdlib>
#include <cstring>

#include <faiss/utils/distances.h>

namespace ssf {

namespace {
const distance_kernels& choose() {
#if defined(SSF_X86)
    // SIMSEARCH_FAISS_SIMD=base|avx2 steps down, to compare or to rule a cause out.
    const char* wish = std::getenv("SIMSEARCH_FAISS_SIMD");
    const bool base = wish && std::strcmp(wish, "base") == 0, narrow = wish && std::strcmp(wish, "avx2") == 0;
    __builtin_cpu_init();
    if (!base && !narrow && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512dq") &&
        __builtin_cpu_supports("avx512bw"))
        return kernels_avx512;
    if (!base && __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) return kernels_avx2;
#endif
    return kernels_base;
}

} // namespace

static const distance_kernels& k = choose();

const char* simd_level_name() { return k.name; }

} // namespace ssf

namespace faiss {

using ssf::k;

float fvec_L2sqr(const float* x, const float* y, size_t d) { return k.l2(x, y, d); }
float fvec_inner_product(const float* x, const float* y, size_t d) { return k.inner_product(x, y, d); }
float fvec_L1(const float* x, const float* y, size_t d) { return k.l1(x, y, d); }
float fvec_Linf(const float* x, const float* y, size_t d) { return k.linf(x, y, d); }
float fvec_norm_L2sqr(const float* x, size_t d) { return k.norm(x, d); }
void fvec_L2sqr_ny(float* dis, const float* x, const float* y, size_t d, size_t ny) { k.l2_many(dis, x, y, d, ny); }
void fvec_inner_products_ny(float* ip, const float* x, const float* y, size_t d, size_t ny) { k.inner_product_many(ip, x, y, d, ny); }
size_t fvec_L2sqr_ny_nearest(float* tmp, const float* x, const float* y, size_t d, size_t ny) { return k.nearest(tmp, x, y, d, ny); }
size_t fvec_L2sqr_ny_nearest_y_transposed(float* tmp, const float* x, const float* y, const float* y_sqlen, size_t d, size_t d_offset, size_t ny) {
    return k.nearest_transposed(tmp, x, y, y_sqlen, d, d_offset, ny);
}
void fvec_add(size_t d, const float* a, const float* b, float* c) { k.add(d, a, b, c); }
void fvec_add(size_t d, const float* a, float b, float* c) { k.add_scalar(d, a, b, c); }
void fvec_sub(size_t d, const float* a, const float* b, float* c) { k.subtract(d, a, b, c); }
void fvec_madd(size_t n, const float* a, float bf, const float* b, float* c) { k.multiply_add(n, a, bf, b, c); }
int fvec_madd_and_argmin(size_t n, const float* a, float bf, const float* b, float* c) { return k.multiply_add_argmin(n, a, bf, b, c); }

} // namespace faiss
