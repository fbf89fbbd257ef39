// An index: made, filled, searched, stored.
#include "ssf_internal.h"
#include "ssf_inspect.h"

#include <algorithm>
#include <cstdio>
#include <exception>
#include <vector>

#include <faiss/IndexFlat.h>
#include <faiss/IndexIDMap.h>
#include <faiss/IndexPreTransform.h>
#include <faiss/VectorTransform.h>
#include <faiss/impl/AuxIndexStructures.h>
#include <faiss/impl/IDSelector.h>
#include <faiss/index_factory.h>
#include <faiss/index_io.h>
#include <faiss/invlists/DirectMap.h>

namespace {

template <class Map>
std::unique_ptr<faiss::Index> mapped(std::unique_ptr<faiss::Index> index) {
    auto map = std::make_unique<Map>(index.get());
    index.release();
    map->own_fields = true;
    return map;
}

} // namespace

int ssf_create(int dimension, const char* factory, int metric, int id_map, ssf_index** index) {
    return ssf::guarded([&] {
        const auto type = metric == 0 ? faiss::METRIC_INNER_PRODUCT : faiss::METRIC_L2;
        std::unique_ptr<faiss::Index> made(faiss::index_factory(dimension, factory, type));
        std::vector<std::unique_ptr<faiss::ProductQuantizer>> scratch;
        ssf::prepare_training(made.get(), scratch);
        // Wrapped here and not by the factory, which reads "IDMap,X,RFlat" as a refinement of an id map, to which nothing can be added.
        if (id_map == 1) made = mapped<faiss::IndexIDMap>(std::move(made));
        if (id_map == 2) made = mapped<faiss::IndexIDMap2>(std::move(made));
        *index = new ssf_index{std::move(made), std::move(scratch)};
    });
}

void ssf_free(ssf_index* index) { delete index; }

int ssf_train(ssf_index* index, int64_t n, const float* x, int threads, const int* cancel) {
    ssf::call_scope scope(threads, cancel);
    return ssf::guarded([&] {
        index->faiss->train(n, x);
    });
}

int ssf_add(ssf_index* index, int64_t n, const float* x, const int64_t* ids, int threads, const int* cancel) {
    ssf::call_scope scope(threads, cancel);
    return ssf::guarded([&] {
        if (ids)
            index->faiss->add_with_ids(n, x, ids);
        else
            index->faiss->add(n, x);
    });
}

namespace {

// FAISS computes a batch against raw vectors with one matrix product after another, and the BLAS is held to one thread (several OpenMP
// threads that each start BLAS threads lose more than they win). So the batch is cut here, one slice a thread. Slices are never so
// small that FAISS leaves the matrix product (fewer than 20 queries) for its other method.
void search_in_slices(const faiss::Index& index, int64_t n, const float* x, int64_t k, float* distances, ssf_id* ids, int threads) {
    constexpr int64_t smallest = 64;
    const int slices = static_cast<int>(std::min<int64_t>(threads, n / smallest));
    if (slices < 2) {
        index.search(n, x, k, distances, ids);
        return;
    }
    std::exception_ptr error;
#pragma omp parallel for num_threads(slices) schedule(static)
    for (int s = 0; s < slices; s++) {
        const int64_t from = n * s / slices, to = n * (s + 1) / slices;
        try {
            index.search(to - from, x + from * index.d, k, distances + from * k, ids + from * k);
        } catch (...) {
#pragma omp critical
            error = std::current_exception();
        }
    }
    if (error) std::rethrow_exception(error);
}

} // namespace

int ssf_search(ssf_index* index, int64_t n, const float* x, int64_t k, float* distances, int64_t* ids, int threads, const int* cancel) {
    ssf::call_scope scope(threads, cancel);
    return ssf::guarded([&] {
        const faiss::Index& faiss_index = *index->faiss;
        if (ssf::traits_of(&faiss_index) & SSF_FLAT)
            search_in_slices(faiss_index, n, x, k, distances, ids, omp_get_max_threads());
        else
            faiss_index.search(n, x, k, distances, ids);
    });
}

int ssf_range_search(ssf_index* index, int64_t n, const float* x, float radius, int threads, const int* cancel, void** result) {
    ssf::call_scope scope(threads, cancel);
    return ssf::guarded([&] {
        auto found = std::make_unique<faiss::RangeSearchResult>(n);
        index->faiss->range_search(n, x, radius, found.get());
        *result = found.release();
    });
}

void ssf_range_counts(void* result, int64_t* offsets) {
    const auto* found = static_cast<faiss::RangeSearchResult*>(result);
    std::copy_n(found->lims, found->nq + 1, offsets);
}

void ssf_range_copy(void* result, int64_t* ids, float* distances) {
    const auto* found = static_cast<faiss::RangeSearchResult*>(result);
    const size_t total = found->lims[found->nq];
    std::copy_n(found->labels, total, ids);
    std::copy_n(found->distances, total, distances);
}

void ssf_range_free(void* result) { delete static_cast<faiss::RangeSearchResult*>(result); }

int ssf_remove(ssf_index* index, int64_t n, const int64_t* ids, int64_t* removed) {
    return ssf::guarded([&] {
        // An inverted file that keeps a table of ids can only remove from a plain list of them; everything else is faster with a set.
        if (ssf::traits_of(index->faiss.get()) & SSF_DIRECT_MAP) {
            faiss::IDSelectorArray selector(n, ids);
            *removed = index->faiss->remove_ids(selector);
        } else {
            faiss::IDSelectorBatch selector(n, ids);
            *removed = index->faiss->remove_ids(selector);
        }
    });
}

int ssf_reconstruct(ssf_index* index, int64_t id, float* x) {
    return ssf::guarded([&] { index->faiss->reconstruct(id, x); });
}

int ssf_enable_direct_map(ssf_index* index) {
    return ssf::guarded([&] {
        faiss::IndexIVF* ivf = ssf::inverted_file(index->faiss.get());
        if (!ivf) throw ssf::not_supported("the index has no inverted lists");
        ivf->set_direct_map_type(faiss::DirectMap::Hashtable);
    });
}

int ssf_prepend(ssf_index* index, int d_in, int d_out, const float* matrix, const float* bias) {
    return ssf::guarded([&] {
        std::unique_ptr<faiss::VectorTransform> transform;
        if (matrix) {
            auto linear = std::make_unique<faiss::LinearTransform>(d_in, d_out, bias != nullptr);
            linear->A.assign(matrix, matrix + static_cast<size_t>(d_in) * d_out);
            if (bias) linear->b.assign(bias, bias + d_out);
            linear->is_trained = true;
            linear->set_is_orthonormal();
            transform = std::move(linear);
        } else {
            transform = std::make_unique<faiss::NormalizationTransform>(d_in);
        }
        auto chain = dynamic_cast<faiss::IndexPreTransform*>(index->faiss.get());
        if (!chain) {
            auto made = std::make_unique<faiss::IndexPreTransform>(index->faiss.get());
            index->faiss.release();
            made->own_fields = true;
            made->ntotal = made->index->ntotal;
            chain = made.get();
            index->faiss = std::move(made);
        }
        chain->prepend_transform(transform.get());
        transform.release();
    });
}

int ssf_write(ssf_index* index, const char* path) {
    return ssf::guarded([&] { faiss::write_index(index->faiss.get(), path); });
}

int ssf_read(const char* path, int mode, ssf_index** index) {
    return ssf::guarded([&] {
        const int flags = mode == SSF_READ_MAPPED ? faiss::IO_FLAG_MMAP | faiss::IO_FLAG_READ_ONLY : mode == SSF_READ_TRIAL ? faiss::IO_FLAG_SKIP_PRECOMPUTE_TABLE : 0;
        std::unique_ptr<faiss::Index> read(faiss::read_index(path, flags));
        *index = new ssf_index{std::move(read), {}};
    });
}
