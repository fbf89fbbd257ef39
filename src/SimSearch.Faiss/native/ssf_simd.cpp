// FAISS's names bound to the widest kernels this processor runs.
#include "ssf_simd.h"

#include <cstring>

#include <faiss/utils/distances.h>
#include <faiss/utils/utils.h>

namespace ssf {

namespace {

// The kernels of that name, or null when this processor or platform has not got them.
const distance_kernels* find(const char* name) {
    if (std::strcmp(name, kernels_base.name) == 0) return &kernels_base;
#if defined(SSF_X86)
    __builtin_cpu_init();
    const bool has_avx2 = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
    const bool has_avx512 = has_avx2 && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512dq") &&
        __builtin_cpu_supports("avx512bw");
    if (has_avx2 && std::strcmp(name, kernels_avx2.name) == 0) return &kernels_avx2;
    if (has_avx512 && std::strcmp(name, kernels_avx512.name) == 0) return &kernels_avx512;
#endif
    return nullptr;
}

const distance_kernels* widest() {
    for (const char* name : {"AVX-512", "AVX2+FMA"})
        if (const distance_kernels* found = find(name)) return found;
    return &kernels_base;
}

} // namespace

static const distance_kernels* k = widest();

const char* simd_level_name() { return k->name; }

bool select_simd_level(const char* name) {
    const distance_kernels* found = find(name);
    if (found) k = found;
    return found != nullptr;
}

} // namespace ssf

namespace faiss {

using ssf::k;

float fvec_L2sqr(const float* x, const float* y, size_t d) { return k->l2(x, y, d); }
float fvec_inner_product(const float* x, const float* y, size_t d) { return k->inner_product(x, y, d); }
float fvec_L1(const float* x, const float* y, size_t d) { return k->l1(x, y, d); }
float fvec_Linf(const float* x, const float* y, size_t d) { return k->linf(x, y, d); }
float fvec_norm_L2sqr(const float* x, size_t d) { return k->norm(x, d); }
void fvec_L2sqr_ny(float* dis, const float* x, const float* y, size_t d, size_t ny) { k->l2_many(dis, x, y, d, ny); }
void fvec_inner_products_ny(float* ip, const float* x, const float* y, size_t d, size_t ny) { k->inner_product_many(ip, x, y, d, ny); }
size_t fvec_L2sqr_ny_nearest(float* tmp, const float* x, const float* y, size_t d, size_t ny) { return k->nearest(tmp, x, y, d, ny); }
size_t fvec_L2sqr_ny_nearest_y_transposed(float* tmp, const float* x, const float* y, const float* y_sqlen, size_t d, size_t d_offset, size_t ny) {
    return k->nearest_transposed(tmp, x, y, y_sqlen, d, d_offset, ny);
}
void fvec_add(size_t d, const float* a, const float* b, float* c) { k->add(d, a, b, c); }
void fvec_add(size_t d, const float* a, float b, float* c) { k->add_scalar(d, a, b, c); }
void fvec_sub(size_t d, const float* a, const float* b, float* c) { k->subtract(d, a, b, c); }
void fvec_madd(size_t n, const float* a, float bf, const float* b, float* c) { k->multiply_add(n, a, bf, b, c); }
int fvec_madd_and_argmin(size_t n, const float* a, float bf, const float* b, float* c) { return k->multiply_add_argmin(n, a, bf, b, c); }

} // namespace faiss
