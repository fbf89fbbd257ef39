// What is installed: versions, BLAS, SIMD level; errors; and the scope of a call.
#include "ssf_internal.h"

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <mutex>
#include <vector>

#if !defined(_WIN32)
#include <dlfcn.h>
#endif

#include <faiss/impl/AuxIndexStructures.h>
#include <faiss/utils/distances.h>
#include <faiss/utils/utils.h>

#include "ssf_simd.h"

extern "C" int sgemm_(const char* transa, const char* transb, const int* m, const int* n, const int* k, const float* alpha, const float* a,
                      const int* lda, const float* b, const int* ldb, float* beta, float* c, const int* ldc);

namespace ssf {

std::string& error_message() {
    thread_local std::string message;
    return message;
}

namespace {
thread_local const int* current_cancel = nullptr;

struct flag_interrupt : faiss::InterruptCallback {
    bool want_interrupt() override { return cancelled(); }
};
} // namespace

bool cancelled() {
    return current_cancel != nullptr && *static_cast<const volatile int*>(current_cancel) != 0;
}

int status_of(const std::exception& error) {
    const bool interrupted_here = cancelled();
    error_message() = error.what();
    if (interrupted_here || dynamic_cast<const interrupted*>(&error)) return SSF_INTERRUPTED;
    if (dynamic_cast<const std::bad_alloc*>(&error)) return SSF_OUT_OF_MEMORY;
    if (dynamic_cast<const not_supported*>(&error)) return SSF_NOT_SUPPORTED;
    if (dynamic_cast<const faiss::FaissException*>(&error)) {
        const std::string& text = error_message();
        for (const char* sign : {"not implemented", "not supported", "only implemented", "not available", "does not support"})
            if (text.find(sign) != std::string::npos) return SSF_NOT_SUPPORTED;
        // FAISS reports a failed malloc of its own as an error like any other.
        return SSF_FAISS_ERROR;
    }
    return SSF_OTHER_ERROR;
}

call_scope::call_scope(int threads, const int* cancel) : threads_before(omp_get_max_threads()), cancel_before(current_cancel) {
    static std::once_flag installed;
    std::call_once(installed, [] { faiss::InterruptCallback::instance = std::make_unique<flag_interrupt>(); });
    if (threads > 0) omp_set_num_threads(threads);
    current_cancel = cancel;
}

call_scope::~call_scope() {
    omp_set_num_threads(threads_before);
    current_cancel = cancel_before;
}

void copy_text(const std::string& from, char* to, int capacity) {
    if (capacity <= 0) return;
    const size_t n = std::min(from.size(), static_cast<size_t>(capacity) - 1);
    std::memcpy(to, from.data(), n);
    to[n] = 0;
}

} // namespace ssf

int ssf_abi_version() { return SSF_ABI_VERSION; }

const char* ssf_error_message() { return ssf::error_message().c_str(); }

void ssf_version(int* major, int* minor, int* patch) {
    *major = FAISS_VERSION_MAJOR;
    *minor = FAISS_VERSION_MINOR;
    *patch = FAISS_VERSION_PATCH;
}

const char* ssf_compile_options() {
    static const std::string options = faiss::get_compile_options();
    return options.c_str();
}

const char* ssf_simd_level() {
#if defined(SSF_REPLACE_DISTANCES)
    return ssf::simd_level_name();
#else
    return "";
#endif
}

int ssf_select_simd(const char* name) {
#if defined(SSF_REPLACE_DISTANCES)
    return ssf::select_simd_level(name);
#else
    return 0;
#endif
}

void ssf_blas(char* path, int capacity, char* config, int config_capacity) {
    std::string file, description;
#if !defined(_WIN32)
    Dl_info where;
    if (dladdr(reinterpret_cast<void*>(&sgemm_), &where) && where.dli_fname) {
        file = where.dli_fname;
        if (char* real = realpath(where.dli_fname, nullptr)) {
            file = real;
            free(real);
        }
        if (void* library = dlopen(where.dli_fname, RTLD_LAZY | RTLD_NOLOAD)) {
            if (auto get_config = reinterpret_cast<char* (*)()>(dlsym(library, "openblas_get_config"))) description = get_config();
            dlclose(library);
        }
    }
#endif
    ssf::copy_text(file, path, capacity);
    ssf::copy_text(description, config, config_capacity);
}

double ssf_blas_gflops() {
    const int n = 256;
    std::vector<float> a(n * n, 0.5f), b(n * n, 0.25f), c(n * n);
    float one = 1, zero = 0;
    double best = 1e9;
    for (int run = 0; run < 4; run++) {
        auto start = std::chrono::steady_clock::now();
        sgemm_("N", "N", &n, &n, &n, &one, a.data(), &n, b.data(), &n, &zero, c.data(), &n);
        best = std::min(best, std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count());
    }
    return 2.0 * n * n * n / best * 1e-9;
}

// The tests compare each of these with a scalar twin. They go through FAISS's own names, so they see whichever definition was linked.
float ssf_kernel_pair(int which, const float* x, const float* y, int64_t d) {
    switch (which) {
        case 0: return faiss::fvec_L2sqr(x, y, d);
        case 1: return faiss::fvec_inner_product(x, y, d);
        case 2: return faiss::fvec_L1(x, y, d);
        case 3: return faiss::fvec_Linf(x, y, d);
        default: return faiss::fvec_norm_L2sqr(x, d);
    }
}

int64_t ssf_kernel_many(int which, float* out, const float* x, const float* y, const float* norms, int64_t d, int64_t d_offset, int64_t ny) {
    switch (which) {
        case 0: faiss::fvec_L2sqr_ny(out, x, y, d, ny); return 0;
        case 1: faiss::fvec_inner_products_ny(out, x, y, d, ny); return 0;
        case 2: return faiss::fvec_L2sqr_ny_nearest(out, x, y, d, ny);
        default: return faiss::fvec_L2sqr_ny_nearest_y_transposed(out, x, y, norms, d, d_offset, ny);
    }
}

int ssf_kernel_elementwise(int which, int64_t d, const float* a, float scalar, const float* b, float* c) {
    switch (which) {
        case 0: faiss::fvec_add(d, a, b, c); return 0;
        case 1: faiss::fvec_add(d, a, scalar, c); return 0;
        case 2: faiss::fvec_sub(d, a, b, c); return 0;
        case 3: faiss::fvec_madd(d, a, scalar, b, c); return 0;
        default: return faiss::fvec_madd_and_argmin(d, a, scalar, b, c);
    }
}
