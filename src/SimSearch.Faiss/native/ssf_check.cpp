// Is a loaded index whole? FAISS reads fields as they come and trusts them later: a neighbour number beyond the last node, a list shorter
// than it says, a matrix of another size are read past the end of their arrays. Here every size and every number that is used as an
// index is checked once, in time linear in the file. What is not offered (NSG, additive quantizers, refinements that abort) is refused.
#include "ssf_internal.h"
#include "ssf_inspect.h"

#include <cmath>
#include <typeinfo>

#include <faiss/IndexFastScan.h>
#include <faiss/IndexFlat.h>
#include <faiss/IndexHNSW.h>
#include <faiss/IndexIDMap.h>
#include <faiss/IndexIVF.h>
#include <faiss/IndexIVFFastScan.h>
#include <faiss/IndexIVFFlat.h>
#include <faiss/IndexIVFPQ.h>
#include <faiss/IndexIVFPQFastScan.h>
#include <faiss/IndexLSH.h>
#include <faiss/IndexPQ.h>
#include <faiss/IndexPQFastScan.h>
#include <faiss/IndexPreTransform.h>
#include <faiss/IndexRefine.h>
#include <faiss/IndexScalarQuantizer.h>
#include <faiss/VectorTransform.h>
#include <faiss/invlists/BlockInvertedLists.h>
#include <faiss/invlists/InvertedLists.h>

namespace ssf {
namespace {

struct damaged : std::exception {
    std::string text;
    explicit damaged(std::string t) : text(std::move(t)) {}
    const char* what() const noexcept override { return text.c_str(); }
};

void require(bool holds, const char* what) {
    if (!holds) throw damaged(what);
}

void require_finite(const float* values, size_t n, const char* what) {
    for (size_t i = 0; i < n; i++) require(std::isfinite(values[i]), what);
}

void check(const faiss::Index* index);

void check_product(const faiss::ProductQuantizer& pq, size_t d) {
    require(pq.M >= 1 && pq.nbits >= 1 && pq.nbits <= 16, "a product quantizer has an impossible shape");
    require(pq.d == d && pq.dsub >= 1 && pq.M * pq.dsub == d && pq.ksub == size_t(1) << pq.nbits, "a product quantizer does not fit the dimension");
    require(pq.code_size == (pq.nbits * pq.M + 7) / 8, "a product quantizer's code size is wrong");
    require(pq.centroids.size() == d * pq.ksub, "a product quantizer lacks centroids");
    require_finite(pq.centroids.data(), pq.centroids.size(), "a product quantizer has a centroid that is not finite");
}

void check_scalar(const faiss::ScalarQuantizer& sq, size_t d, bool trained) {
    using Q = faiss::ScalarQuantizer;
    size_t bits = 8, ranges = 2 * d;
    switch (sq.qtype) {
        case Q::QT_8bit: break;
        case Q::QT_6bit: bits = 6; break;
        case Q::QT_4bit: bits = 4; break;
        case Q::QT_8bit_uniform: ranges = 2; break;
        case Q::QT_4bit_uniform: bits = 4; ranges = 2; break;
        case Q::QT_fp16: bits = 16; ranges = 0; break;
        case Q::QT_8bit_direct: ranges = 0; break;
        default: throw damaged("a scalar quantizer has an unknown type");
    }
    require(sq.d == d && sq.code_size == (d * bits + 7) / 8, "a scalar quantizer does not fit the dimension");
    require(!trained || sq.trained.size() == ranges, "a scalar quantizer lacks its ranges");
    require_finite(sq.trained.data(), sq.trained.size(), "a scalar quantizer has a range that is not finite");
}

void check_codes(const faiss::IndexFlatCodes& index) {
    require(index.code_size >= 1 && index.codes.size() / index.code_size == static_cast<size_t>(index.ntotal) && index.codes.size() % index.code_size == 0,
            "the stored codes are not as many as the index says");
}

void check_graph(const faiss::IndexHNSW& index) {
    const faiss::HNSW& graph = index.hnsw;
    const auto n = static_cast<size_t>(index.ntotal);
    require(index.storage && index.storage->d == index.d && index.storage->ntotal == index.ntotal, "a graph and its vectors differ in number");
    require(graph.efSearch >= 1 && graph.efConstruction >= 1, "a graph searches with no candidates");
    const auto& widths = graph.cum_nneighbor_per_level;
    require(!widths.empty() && widths[0] == 0 && graph.assign_probas.size() + 1 >= widths.size(), "a graph's levels are missing");
    for (size_t level = 1; level < widths.size(); level++) require(widths[level] > widths[level - 1], "a graph's levels are out of order");
    require(graph.levels.size() == n && graph.offsets.size() == n + 1 && graph.offsets[0] == 0 && graph.offsets[n] == graph.neighbors.size(),
            "a graph's tables differ in length");
    for (size_t i = 0; i < n; i++) {
        const int levels = graph.levels[i];
        require(levels >= 1 && static_cast<size_t>(levels) < widths.size(), "a graph's node has an impossible level");
        require(graph.offsets[i + 1] - graph.offsets[i] == static_cast<size_t>(widths[levels]) && graph.offsets[i + 1] <= graph.neighbors.size(), "a graph's node has too many neighbours");
    }
    for (size_t i = 0; i < n; i++)
        for (int level = 0; level < graph.levels[i]; level++)
            for (size_t j = graph.offsets[i] + widths[level]; j < graph.offsets[i] + widths[level + 1]; j++) {
                const int neighbour = graph.neighbors[j];
                require(neighbour >= -1 && neighbour < index.ntotal, "a graph's node has a neighbour that does not exist");
                require(neighbour < 0 || graph.levels[neighbour] > level, "a graph's node has a neighbour on a level that it is not on");
            }
    if (n == 0) {
        require(graph.entry_point == -1, "an empty graph has an entry point");
    } else {
        require(graph.entry_point >= 0 && graph.entry_point < index.ntotal, "a graph's entry point does not exist");
        require(graph.max_level >= 0 && graph.max_level < graph.levels[graph.entry_point], "a graph's entry point is not on the top level");
    }
}

void check_lists(const faiss::IndexIVF& index) {
    const faiss::InvertedLists* lists = index.invlists;
    require(lists && lists->nlist == index.nlist, "the inverted lists are not as many as the index says");
    const auto* blocks = dynamic_cast<const faiss::BlockInvertedLists*>(lists);
    const auto* fast = dynamic_cast<const faiss::IndexIVFFastScan*>(&index);
    require((blocks != nullptr) == (fast != nullptr), "the inverted lists are of another kind than the index");
    if (fast)
        require(fast->bbs > 0 && fast->bbs % 32 == 0 && blocks->n_per_block == static_cast<size_t>(fast->bbs) && blocks->block_size == fast->bbs * fast->M2 / 2 &&
                    blocks->codes.size() == index.nlist && blocks->ids.size() == index.nlist,
                "the blocks of the inverted lists have the wrong size");
    else
        require(lists->code_size == index.code_size, "the inverted lists' codes have the wrong size");
    const auto* arrays = dynamic_cast<const faiss::ArrayInvertedLists*>(lists);
    if (arrays) require(arrays->codes.size() == index.nlist && arrays->ids.size() == index.nlist, "the inverted lists are not as many as the index says");
    size_t total = 0;
    for (size_t list = 0; list < index.nlist; list++) {
        const size_t size = lists->list_size(list);
        total += size;
        if (arrays) require(arrays->codes[list].size() == size * index.code_size && arrays->ids[list].size() == size, "an inverted list is shorter than it says");
        if (blocks) require(blocks->codes[list].size() >= (size + fast->bbs - 1) / fast->bbs * blocks->block_size, "an inverted list is shorter than it says");
    }
    require(total == static_cast<size_t>(index.ntotal), "the inverted lists hold another number of vectors than the index says");

    const auto on_a_list = [&](int64_t place) {
        const auto offset = static_cast<uint64_t>(place);
        return faiss::lo_listno(offset) < index.nlist && faiss::lo_offset(offset) < lists->list_size(faiss::lo_listno(offset));
    };
    if (index.direct_map.type == faiss::DirectMap::Array) require(index.direct_map.array.size() == total, "the table of ids has another length than the index");
    for (int64_t place : index.direct_map.array) require(place == -1 || on_a_list(place), "the table of ids points outside its lists");
    for (const auto& entry : index.direct_map.hashtable) require(on_a_list(entry.second), "the table of ids points outside its lists");
}

void check_inverted_file(const faiss::IndexIVF& index) {
    require(index.nlist >= 1 && index.nprobe >= 1, "an inverted file has no lists or visits none");
    require(index.quantizer && index.quantizer->d == index.d, "the coarse quantizer has another dimension");
    require(!index.is_trained || static_cast<size_t>(index.quantizer->ntotal) == index.nlist, "the coarse quantizer does not know every list");
    check(index.quantizer);
    check_lists(index);
    if (dynamic_cast<const faiss::IndexIVFFlat*>(&index)) {
        require(index.code_size == sizeof(float) * index.d, "an inverted list's vectors have the wrong size");
    } else if (auto sq = dynamic_cast<const faiss::IndexIVFScalarQuantizer*>(&index)) {
        check_scalar(sq->sq, index.d, index.is_trained);
        require(sq->sq.code_size == index.code_size, "an inverted list's codes have the wrong size");
    } else if (auto fast = dynamic_cast<const faiss::IndexIVFPQFastScan*>(&index)) {
        check_product(fast->pq, index.d);
        require(fast->pq.nbits == 4 && fast->M == fast->pq.M && fast->ksub == 16 && fast->M2 == (fast->M + 1) / 2 * 2, "fast-scan codes have the wrong shape");
    } else if (auto pq = dynamic_cast<const faiss::IndexIVFPQ*>(&index)) {
        check_product(pq->pq, index.d);
        require(pq->pq.code_size == index.code_size, "an inverted list's codes have the wrong size");
    }
}

void check_chain(const faiss::IndexPreTransform& index) {
    int d = index.d;
    for (const faiss::VectorTransform* transform : index.chain) {
        require(transform->d_in == d && transform->d_out >= 1, "a transform has another dimension than what comes before it");
        d = transform->d_out;
        if (auto linear = dynamic_cast<const faiss::LinearTransform*>(transform)) {
            require(!linear->is_trained || linear->A.size() == static_cast<size_t>(linear->d_in) * linear->d_out, "a transform's matrix has the wrong size");
            require(!linear->is_trained || !linear->have_bias || linear->b.size() == static_cast<size_t>(linear->d_out), "a transform's offset has the wrong size");
            require_finite(linear->A.data(), linear->A.size(), "a transform's matrix is not finite");
        } else if (auto remap = dynamic_cast<const faiss::RemapDimensionsTransform*>(transform)) {
            require(remap->map.size() == static_cast<size_t>(remap->d_out), "a transform's map has the wrong size");
            for (int from : remap->map) require(from >= -1 && from < remap->d_in, "a transform's map points outside the vector");
        } else if (auto itq = dynamic_cast<const faiss::ITQTransform*>(transform)) {
            require(!itq->is_trained || (itq->mean.size() == static_cast<size_t>(itq->d_in) && itq->pca_then_itq.A.size() == static_cast<size_t>(itq->d_in) * itq->d_out),
                    "a transform's matrix has the wrong size");
        } else if (!dynamic_cast<const faiss::NormalizationTransform*>(transform) && !dynamic_cast<const faiss::CenteringTransform*>(transform)) {
            throw damaged("a transform is of a kind that is not offered");
        }
    }
    require(index.index && index.index->d == d && index.index->ntotal == index.ntotal, "a transform does not fit the index behind it");
}

void check(const faiss::Index* index) {
    require(index->d >= 1 && index->d <= 65536 && index->ntotal >= 0, "the dimension or the number of vectors is impossible");
    require(index->metric_type == faiss::METRIC_L2 || index->metric_type == faiss::METRIC_INNER_PRODUCT, "the metric is neither L2 nor inner product");
    if (auto map = dynamic_cast<const faiss::IndexIDMap*>(index)) {
        require(map->index && map->index->d == map->d && map->index->ntotal == map->ntotal && map->id_map.size() == static_cast<size_t>(map->ntotal), "an id map has another length than its index");
    } else if (auto chain = dynamic_cast<const faiss::IndexPreTransform*>(index)) {
        check_chain(*chain);
    } else if (auto refine = dynamic_cast<const faiss::IndexRefine*>(index)) {
        const faiss::Index *base = refine->base_index, *exact = refine->refine_index;
        require(base && exact && base->d == refine->d && exact->d == refine->d && base->ntotal == refine->ntotal && exact->ntotal == refine->ntotal, "a refinement holds another number of vectors");
        require(refine->k_factor >= 1 && refine->k_factor <= 10000, "a refinement's factor is impossible");
        // Others throw inside a parallel loop at the first search.
        if (!dynamic_cast<const faiss::IndexFlat*>(exact) && !dynamic_cast<const faiss::IndexPQ*>(exact) && !dynamic_cast<const faiss::IndexScalarQuantizer*>(exact))
            throw not_supported("a refinement by " + class_name(exact) + " is not offered");
        check(exact);
    } else if (auto flat = dynamic_cast<const faiss::IndexFlat*>(index)) {
        require(flat->code_size == sizeof(float) * flat->d, "the stored vectors have the wrong size");
        check_codes(*flat);
        require_finite(reinterpret_cast<const float*>(flat->codes.data()), flat->codes.size() / sizeof(float), "a stored vector is not finite");
    } else if (auto scalar = dynamic_cast<const faiss::IndexScalarQuantizer*>(index)) {
        check_scalar(scalar->sq, scalar->d, scalar->is_trained);
        require(scalar->sq.code_size == scalar->code_size, "the stored codes have the wrong size");
        check_codes(*scalar);
    } else if (auto product = dynamic_cast<const faiss::IndexPQ*>(index)) {
        check_product(product->pq, product->d);
        require(product->pq.code_size == product->code_size, "the stored codes have the wrong size");
        check_codes(*product);
    } else if (auto coarse = dynamic_cast<const faiss::MultiIndexQuantizer*>(index); coarse && typeid(*index) == typeid(faiss::MultiIndexQuantizer)) {
        check_product(coarse->pq, coarse->d);
        require(coarse->pq.M * coarse->pq.nbits <= 24 && (!coarse->is_trained || coarse->ntotal == int64_t(1) << (coarse->pq.M * coarse->pq.nbits)), "a multi-index has an impossible number of lists");
    } else if (auto hash = dynamic_cast<const faiss::IndexLSH*>(index)) {
        require(hash->nbits >= 1 && hash->code_size == static_cast<size_t>(hash->nbits + 7) / 8, "the stored codes have the wrong size");
        require(!hash->rotate_data || (hash->rrot.d_in == hash->d && hash->rrot.d_out == hash->nbits && hash->rrot.A.size() == static_cast<size_t>(hash->d) * hash->nbits), "a rotation's matrix has the wrong size");
        require(hash->rotate_data || hash->nbits <= hash->d, "there are more bits than dimensions");
        require(!hash->train_thresholds || !hash->is_trained || hash->thresholds.size() == static_cast<size_t>(hash->nbits), "the thresholds have the wrong length");
        check_codes(*hash);
    } else if (auto fast = dynamic_cast<const faiss::IndexPQFastScan*>(index)) {
        check_product(fast->pq, fast->d);
        require(fast->pq.nbits == 4 && fast->M == fast->pq.M && fast->ksub == 16 && fast->M2 == (fast->M + 1) / 2 * 2, "fast-scan codes have the wrong shape");
        if (fast->bbs != 32) throw not_supported("fast-scan blocks of other than 32 vectors make FAISS end the process");
        require(fast->ntotal2 >= static_cast<size_t>(fast->ntotal) && fast->codes.size() >= fast->ntotal2 * fast->M2 / 2, "the stored codes are not as many as the index says");
    } else if (auto graph = dynamic_cast<const faiss::IndexHNSW*>(index); graph && !dynamic_cast<const faiss::IndexHNSW2Level*>(index)) {
        check_graph(*graph);
        check(graph->storage);
    } else if (auto ivf = dynamic_cast<const faiss::IndexIVF*>(index);
               ivf && (typeid(*index) == typeid(faiss::IndexIVFFlat) || typeid(*index) == typeid(faiss::IndexIVFScalarQuantizer) || typeid(*index) == typeid(faiss::IndexIVFPQ) ||
                       typeid(*index) == typeid(faiss::IndexIVFPQFastScan))) {
        check_inverted_file(*ivf);
    } else {
        throw not_supported(class_name(index) + " is not offered");
    }
    if (const faiss::Index* next = inner(index)) check(next);
}

} // namespace
} // namespace ssf

int ssf_check(ssf_index* index) {
    return ssf::guarded([&] { ssf::check(index->faiss.get()); });
}
