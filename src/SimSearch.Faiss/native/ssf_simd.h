// FAISS's distance kernels, replaced. A generic FAISS build (Debian's, say) holds SSE code only; its object file distances_simd.cpp.o
// is left out of the link by defining here every function of it that the rest of FAISS calls. CMakeLists.txt decides whether that is
// possible and worthwhile (SSF_REPLACE_DISTANCES).
#pragma once
#include <cstddef>

namespace ssf {

/// One instruction set's kernels. Semantics: those of faiss/utils/distances.h.
struct distance_kernels {
    const char* name;
    float (*l2)(const float* x, const float* y, size_t d);
    float (*inner_product)(const float* x, const float* y, size_t d);
    float (*l1)(const float* x, const float* y, size_t d);
    float (*linf)(const float* x, const float* y, size_t d);
    float (*norm)(const float* x, size_t d);
    void (*l2_many)(float* out, const float* x, const float* y, size_t d, size_t ny);
    void (*inner_product_many)(float* out, const float* x, const float* y, size_t d, size_t ny);
    size_t (*nearest)(float* out, const float* x, const float* y, size_t d, size_t ny);
    size_t (*nearest_transposed)(float* out, const float* x, const float* y, const float* y_norms, size_t d, size_t d_offset, size_t ny);
    void (*add)(size_t d, const float* a, const float* b, float* c);
    void (*add_scalar)(size_t d, const float* a, float b, float* c);
    void (*subtract)(size_t d, const float* a, const float* b, float* c);
    void (*multiply_add)(size_t n, const float* a, float factor, const float* b, float* c);
    int (*multiply_add_argmin)(size_t n, const float* a, float factor, const float* b, float* c);
};

extern const distance_kernels kernels_base; // compiled for the platform's base instruction set
#if defined(SSF_X86)
extern const distance_kernels kernels_avx2;
extern const distance_kernels kernels_avx512;
#endif

const char* simd_level_name();
bool select_simd_level(const char* name);

} // namespace ssf
