// What an index is made of, for people who want to see it: its lists, its graph, its code book.
#include "ssf_internal.h"
#include "ssf_inspect.h"

#include <algorithm>

#include <faiss/IndexHNSW.h>
#include <faiss/IndexIVF.h>
#include <faiss/IndexIVFPQ.h>
#include <faiss/IndexPQ.h>
#include <faiss/impl/io.h>
#include <faiss/index_io.h>
#include <faiss/invlists/InvertedLists.h>

namespace {

struct counter : faiss::IOWriter {
    size_t bytes = 0;
    size_t operator()(const void*, size_t size, size_t count) override {
        bytes += size * count;
        return count;
    }
};

faiss::IndexIVF& lists_of(ssf_index* index) {
    faiss::IndexIVF* ivf = ssf::inverted_file(index->faiss.get());
    if (!ivf) throw ssf::not_supported("the index has no inverted lists");
    return *ivf;
}

const faiss::HNSW& graph_of(ssf_index* index) {
    for (const faiss::Index* level = index->faiss.get(); level; level = ssf::inner(level))
        if (auto graph = dynamic_cast<const faiss::IndexHNSW*>(level)) return graph->hnsw;
    throw ssf::not_supported("the index has no graph");
}

const faiss::ProductQuantizer& quantizer_of(ssf_index* index) {
    for (const faiss::Index* level = index->faiss.get(); level; level = ssf::inner(level)) {
        if (auto pq = dynamic_cast<const faiss::IndexPQ*>(level)) return pq->pq;
        if (auto pq = dynamic_cast<const faiss::IndexIVFPQ*>(level)) return pq->pq;
    }
    throw ssf::not_supported("the index has no product quantizer");
}

} // namespace

int ssf_size(ssf_index* index, int64_t* bytes) {
    return ssf::guarded([&] {
        counter written;
        faiss::write_index(index->faiss.get(), &written);
        *bytes = static_cast<int64_t>(written.bytes);
    });
}

int ssf_list_count(ssf_index* index, int64_t* count, int32_t* dimension) {
    return ssf::guarded([&] {
        const faiss::IndexIVF& ivf = lists_of(index);
        *count = static_cast<int64_t>(ivf.nlist);
        *dimension = ivf.d;
    });
}

int ssf_list(ssf_index* index, int64_t list, int64_t* size, int64_t* ids, float* centroid) {
    return ssf::guarded([&] {
        const faiss::IndexIVF& ivf = lists_of(index);
        *size = static_cast<int64_t>(ivf.invlists->list_size(list));
        if (ids && *size > 0) {
            faiss::InvertedLists::ScopedIds held(ivf.invlists, list);
            std::copy_n(held.get(), *size, ids);
        }
        if (centroid) ivf.quantizer->reconstruct(list, centroid);
    });
}

int ssf_graph(ssf_index* index, int64_t* entry, int32_t* levels) {
    return ssf::guarded([&] {
        const faiss::HNSW& graph = graph_of(index);
        *entry = graph.entry_point;
        std::copy(graph.levels.begin(), graph.levels.end(), levels);
    });
}

int ssf_graph_neighbours(ssf_index* index, int64_t id, int32_t level, int64_t* ids, int32_t capacity, int32_t* count) {
    return ssf::guarded([&] {
        const faiss::HNSW& graph = graph_of(index);
        size_t from = 0, to = 0;
        graph.neighbor_range(id, level, &from, &to);
        *count = 0;
        for (size_t at = from; at < to && *count < capacity && graph.neighbors[at] >= 0; at++) ids[(*count)++] = graph.neighbors[at];
    });
}

int ssf_codebook(ssf_index* index, int32_t* parts, int32_t* entries, int32_t* length, float* values) {
    return ssf::guarded([&] {
        const faiss::ProductQuantizer& pq = quantizer_of(index);
        *parts = static_cast<int32_t>(pq.M);
        *entries = static_cast<int32_t>(pq.ksub);
        *length = static_cast<int32_t>(pq.dsub);
        if (values) std::copy(pq.centroids.begin(), pq.centroids.end(), values);
    });
}
