// The C ABI between SimSearch.Faiss and FAISS's C++ classes.
//
// Every function that can fail returns a status and leaves its message in ssf_error_message(), which belongs to the calling thread.
// No exception crosses this boundary. Buffers carry no lengths: the managed side has checked every size before it calls.
#pragma once
#include <stdint.h>

#if defined(_WIN32)
#define SSF_API extern "C" __declspec(dllexport)
#else
#define SSF_API extern "C" __attribute__((visibility("default")))
#endif

#define SSF_ABI_VERSION 2

typedef struct ssf_index ssf_index;

enum ssf_status { SSF_OK = 0, SSF_FAISS_ERROR = 1, SSF_OUT_OF_MEMORY = 2, SSF_OTHER_ERROR = 3, SSF_INTERRUPTED = 4, SSF_NOT_SUPPORTED = 5 };

// What an index can do without FAISS aborting the process, and what it is made of.
enum ssf_trait {
    SSF_IVF = 1,                // has inverted lists
    SSF_MAPPED = 2,             // its inverted lists lie in a file
    SSF_FAST_SCAN = 4,          // 4-bit codes in blocks
    SSF_GRAPH = 8,              // HNSW
    SSF_ID_MAP = 16,            // an id map on top
    SSF_RECONSTRUCT_BY_ID = 32, // FAISS itself checks the id on reconstruct
    SSF_DIRECT_MAP = 64,        // an inverted file that knows where each id lies
    SSF_FLAT = 128,             // raw vectors: batches are split over threads by the shim
    SSF_OWN_IDS = 256,          // keeps the caller's ids
    SSF_NEEDS_DIRECT_MAP = 512  // reconstructs only with a direct map, which it lacks
};

// Mapped: inverted lists stay in the file. Trial: without the tables that only make searches faster, which may be far larger than the file.
enum ssf_read_mode { SSF_READ_WHOLE = 0, SSF_READ_MAPPED = 1, SSF_READ_TRIAL = 2 };

struct ssf_info {
    int32_t dimension;
    int32_t metric;
    int64_t count;
    int32_t trained;
    int32_t traits;
    int64_t fewest_to_train;  // vectors: the largest number of centroids it learns
    int64_t search_candidates; // efSearch of an HNSW graph, otherwise 0
};

// ---- library ----
SSF_API int ssf_abi_version();
SSF_API const char* ssf_error_message();
SSF_API void ssf_version(int* major, int* minor, int* patch);
SSF_API const char* ssf_compile_options();
SSF_API const char* ssf_simd_level();
// Switches to other kernels of ours, for tests and comparisons; 0 when they are not to be had.
SSF_API int ssf_select_simd(const char* name);
SSF_API void ssf_blas(char* path, int capacity, char* config, int config_capacity);
SSF_API double ssf_blas_gflops();

// ---- an index ----
// id_map: 0 none, 1 IDMap, 2 IDMap2; the factory string comes without it.
SSF_API int ssf_create(int dimension, const char* factory, int metric, int id_map, ssf_index** index);
SSF_API void ssf_free(ssf_index* index);
SSF_API void ssf_get_info(ssf_index* index, ssf_info* info);
SSF_API void ssf_describe(ssf_index* index, char* text, int capacity);
SSF_API int ssf_train(ssf_index* index, int64_t n, const float* x, int threads, const int* cancel);
SSF_API int ssf_add(ssf_index* index, int64_t n, const float* x, const int64_t* ids, int threads, const int* cancel);
SSF_API int ssf_search(ssf_index* index, int64_t n, const float* x, int64_t k, float* distances, int64_t* ids, int threads, const int* cancel);
SSF_API int ssf_range_search(ssf_index* index, int64_t n, const float* x, float radius, int threads, const int* cancel, void** result);
SSF_API void ssf_range_counts(void* result, int64_t* offsets);
SSF_API void ssf_range_copy(void* result, int64_t* ids, float* distances);
SSF_API void ssf_range_free(void* result);
SSF_API int ssf_remove(ssf_index* index, int64_t n, const int64_t* ids, int64_t* removed);
SSF_API int ssf_reconstruct(ssf_index* index, int64_t id, float* x);
SSF_API int ssf_enable_direct_map(ssf_index* index);
// Puts a transform in front: matrix [d_out x d_in] and bias [d_out] or null; without a matrix, scaling to length 1. The index takes vectors of d_in from then on.
SSF_API int ssf_prepend(ssf_index* index, int d_in, int d_out, const float* matrix, const float* bias);
// Refuses an index whose parts contradict each other, or of a kind that makes FAISS end the process.
SSF_API int ssf_check(ssf_index* index);
SSF_API int ssf_write(ssf_index* index, const char* path);
SSF_API int ssf_read(const char* path, int mode, ssf_index** index);

// ---- tunable parameters: numbered 0, 1, ... per index; returns 0 past the last ----
SSF_API int ssf_parameter(ssf_index* index, int number, const char** name, double* value, double* low, double* high);
SSF_API int ssf_set_parameter(ssf_index* index, int number, double value);

// ---- what an index is made of ----
SSF_API int ssf_size(ssf_index* index, int64_t* bytes);
// dimension: that of the cells, which transforms in front of them may change.
SSF_API int ssf_list_count(ssf_index* index, int64_t* count, int32_t* dimension);
// ids and centroid may be null.
SSF_API int ssf_list(ssf_index* index, int64_t list, int64_t* size, int64_t* ids, float* centroid);
// levels: [count]; 1 for a node of the lowest layer only.
SSF_API int ssf_graph(ssf_index* index, int64_t* entry, int32_t* levels);
SSF_API int ssf_graph_neighbours(ssf_index* index, int64_t id, int32_t level, int64_t* ids, int32_t capacity, int32_t* count);
// values: [parts x entries x length], or null to ask for the sizes.
SSF_API int ssf_codebook(ssf_index* index, int32_t* parts, int32_t* entries, int32_t* length, float* values);

// ---- k-means ----
SSF_API int ssf_kmeans(int dimension, int64_t n, const float* x, int k, int iterations, int redo, int seed, int spherical, int max_points_per_centroid,
                       int threads, const int* cancel, float* centroids, float* objective);

// ---- the distance kernels FAISS uses, one by one, for tests; which: see ssf_library.cpp ----
SSF_API float ssf_kernel_pair(int which, const float* x, const float* y, int64_t d);
SSF_API int64_t ssf_kernel_many(int which, float* out, const float* x, const float* y, const float* norms, int64_t d, int64_t d_offset, int64_t ny);
SSF_API int ssf_kernel_elementwise(int which, int64_t d, const float* a, float scalar, const float* b, float* c);
