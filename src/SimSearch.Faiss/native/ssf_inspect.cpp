#include "ssf_internal.h"
#include "ssf_inspect.h"

#include <algorithm>
#include <functional>
#include <limits>
#include <typeinfo>
#include <vector>

#if defined(__GNUC__)
#include <cxxabi.h>
#endif

#include <faiss/IndexFlat.h>
#include <faiss/IndexFastScan.h>
#include <faiss/IndexHNSW.h>
#include <faiss/IndexIDMap.h>
#include <faiss/IndexIVF.h>
#include <faiss/IndexIVFFastScan.h>
#include <faiss/IndexIVFPQ.h>
#include <faiss/IndexIVFPQFastScan.h>
#include <faiss/IndexPQ.h>
#include <faiss/IndexPQFastScan.h>
#include <faiss/IndexPreTransform.h>
#include <faiss/IndexRefine.h>
#include <faiss/IndexScalarQuantizer.h>
#include <faiss/invlists/InvertedLists.h>
#include <faiss/invlists/OnDiskInvertedLists.h>
#include <faiss/VectorTransform.h>

namespace ssf {

faiss::Index* inner(faiss::Index* index) {
    if (auto map = dynamic_cast<faiss::IndexIDMap*>(index)) return map->index;
    if (auto chain = dynamic_cast<faiss::IndexPreTransform*>(index)) return chain->index;
    if (auto refine = dynamic_cast<faiss::IndexRefine*>(index)) return refine->base_index;
    return nullptr;
}

std::string class_name(const faiss::Index* index) {
    if (dynamic_cast<const faiss::IndexIDMap2*>(index)) return "IDMap2";
    if (dynamic_cast<const faiss::IndexIDMap*>(index)) return "IDMap";
    // FAISS makes an IndexFlat and reads an IndexFlatL2 back: one name for one thing.
    if (dynamic_cast<const faiss::IndexFlat*>(index)) return "Flat";
    if (dynamic_cast<const faiss::IndexRefine*>(index)) return "Refine";
    std::string name = typeid(*index).name();
#if defined(__GNUC__)
    int status = 0;
    if (char* readable = abi::__cxa_demangle(name.c_str(), nullptr, nullptr, &status)) {
        name = readable;
        free(readable);
    }
#endif
    for (const char* prefix : {"class ", "struct ", "faiss::", "Index"})
        if (name.rfind(prefix, 0) == 0) name = name.substr(std::string(prefix).size());
    return name;
}

namespace {

std::string describe(const faiss::Index* index) {
    std::string text = class_name(index);
    if (auto ivf = dynamic_cast<const faiss::IndexIVF*>(index)) text += "(nlist=" + std::to_string(ivf->nlist) + ")";
    if (auto pq = dynamic_cast<const faiss::IndexPQ*>(index)) text += "(M=" + std::to_string(pq->pq.M) + ", bits=" + std::to_string(pq->pq.nbits) + ")";
    if (const faiss::Index* next = inner(index)) text += " > " + describe(next);
    return text;
}

/// One thing that can be tuned on one index: where it lies, and its range.
struct parameter {
    const char* name;
    double low, high;
    std::function<double()> get;
    std::function<void(double)> set;
};

template <class T>
parameter field(const char* name, T& where, double low, double high) {
    return {name, low, high, [&where] { return static_cast<double>(where); }, [&where](double value) { where = static_cast<T>(value); }};
}

constexpr double any = std::numeric_limits<int>::max();

void collect(faiss::Index* index, std::vector<parameter>& found) {
    if (auto ivf = dynamic_cast<faiss::IndexIVF*>(index)) {
        auto graph = dynamic_cast<faiss::IndexHNSW*>(ivf->quantizer);
        found.push_back({"nprobe", 1, static_cast<double>(ivf->nlist), [ivf] { return static_cast<double>(ivf->nprobe); },
                         [ivf, graph](double value) {
                             ivf->nprobe = static_cast<size_t>(value);
                             // A graph that keeps fewer candidates than lists are asked for finds only some of them.
                             if (graph) graph->hnsw.efSearch = std::max(graph->hnsw.efSearch, static_cast<int>(value));
                         }});
        found.push_back(field("max_codes", ivf->max_codes, 0, any));
        if (graph) {
            found.push_back(field("quantizer_efSearch", graph->hnsw.efSearch, 1, any));
            found.push_back(field("quantizer_efConstruction", graph->hnsw.efConstruction, 1, any));
        }
    }
    if (auto graph = dynamic_cast<faiss::IndexHNSW*>(index)) {
        found.push_back(field("efSearch", graph->hnsw.efSearch, 1, any));
        found.push_back(field("efConstruction", graph->hnsw.efConstruction, 1, any));
    }
    if (auto pq = dynamic_cast<faiss::IndexPQ*>(index); pq && pq->do_polysemous_training)
        found.push_back({"ht", 0, static_cast<double>(pq->pq.code_size * 8),
                         [pq] { return pq->search_type == faiss::IndexPQ::ST_polysemous ? static_cast<double>(pq->polysemous_ht) : 0.0; },
                         [pq](double value) {
                             // 0 and the full width both mean: no filter by Hamming distance.
                             const bool filters = value > 0 && value < static_cast<double>(pq->pq.code_size * 8);
                             pq->search_type = filters ? faiss::IndexPQ::ST_polysemous : faiss::IndexPQ::ST_PQ;
                             pq->polysemous_ht = static_cast<int>(value);
                         }});
    if (auto ivfpq = dynamic_cast<faiss::IndexIVFPQ*>(index); ivfpq && ivfpq->do_polysemous_training)
        found.push_back(field("ht", ivfpq->polysemous_ht, 0, static_cast<double>(ivfpq->pq.code_size * 8)));
    if (auto refine = dynamic_cast<faiss::IndexRefine*>(index)) found.push_back(field("k_factor_rf", refine->k_factor, 1, 10000));
    if (faiss::Index* next = inner(index)) collect(next, found);
}

std::vector<parameter> parameters_of(ssf_index* index) {
    std::vector<parameter> found;
    collect(index->faiss.get(), found);
    return found;
}

} // namespace

faiss::IndexIVF* inverted_file(faiss::Index* index) {
    for (; index; index = inner(index))
        if (auto ivf = dynamic_cast<faiss::IndexIVF*>(index)) return ivf;
    return nullptr;
}

int traits_of(const faiss::Index* index) {
    int traits = 0;
    if (dynamic_cast<const faiss::IndexFlat*>(index)) traits |= SSF_FLAT;
    if (auto ivf = dynamic_cast<const faiss::IndexIVF*>(index)) {
        traits |= SSF_IVF | SSF_OWN_IDS;
        if (dynamic_cast<const faiss::OnDiskInvertedLists*>(ivf->invlists) || dynamic_cast<const faiss::ReadOnlyInvertedLists*>(ivf->invlists)) traits |= SSF_MAPPED;
        traits |= ivf->direct_map.no() ? SSF_NEEDS_DIRECT_MAP : SSF_DIRECT_MAP;
        if (dynamic_cast<const faiss::IndexIVFFastScan*>(index)) traits |= SSF_FAST_SCAN;
        traits |= SSF_RECONSTRUCT_BY_ID;
    }
    if (dynamic_cast<const faiss::IndexFastScan*>(index)) traits |= SSF_FAST_SCAN;
    if (dynamic_cast<const faiss::IndexHNSW*>(index)) traits |= SSF_GRAPH;
    if (const faiss::Index* next = inner(index)) {
        const int below = traits_of(next);
        // A refinement reconstructs from its own raw vectors, where nothing checks the id.
        if (dynamic_cast<const faiss::IndexRefine*>(index))
            traits |= below & ~(SSF_RECONSTRUCT_BY_ID | SSF_FLAT | SSF_OWN_IDS | SSF_NEEDS_DIRECT_MAP);
        else
            traits |= below;
    }
    if (dynamic_cast<const faiss::IndexIDMap*>(index)) traits |= SSF_ID_MAP | SSF_RECONSTRUCT_BY_ID | SSF_OWN_IDS;
    return traits;
}

namespace {

int64_t fewest_to_train(const faiss::Index* index) {
    int64_t fewest = 1;
    const auto at_least = [&fewest](int64_t n) { fewest = std::max(fewest, n); };
    if (auto ivf = dynamic_cast<const faiss::IndexIVF*>(index)) {
        if (auto product = dynamic_cast<const faiss::MultiIndexQuantizer*>(ivf->quantizer))
            at_least(product->pq.ksub);
        else
            at_least(ivf->nlist);
    }
    if (auto pq = dynamic_cast<const faiss::IndexPQ*>(index)) at_least(pq->pq.ksub);
    if (auto pq = dynamic_cast<const faiss::IndexIVFPQ*>(index)) at_least(pq->pq.ksub);
    if (auto pq = dynamic_cast<const faiss::IndexPQFastScan*>(index)) at_least(pq->pq.ksub);
    if (auto pq = dynamic_cast<const faiss::IndexIVFPQFastScan*>(index)) at_least(pq->pq.ksub);
    if (auto graph = dynamic_cast<const faiss::IndexHNSW*>(index)) at_least(fewest_to_train(graph->storage));
    if (auto refine = dynamic_cast<const faiss::IndexRefine*>(index)) at_least(fewest_to_train(refine->refine_index));
    if (auto chain = dynamic_cast<const faiss::IndexPreTransform*>(index))
        for (const faiss::VectorTransform* transform : chain->chain) {
            if (dynamic_cast<const faiss::OPQMatrix*>(transform)) at_least(256);
            if (!transform->is_trained) at_least(transform->d_out);
        }
    if (const faiss::Index* next = inner(index)) at_least(fewest_to_train(next));
    return fewest;
}

} // namespace

void prepare_training(faiss::Index* index, std::vector<std::unique_ptr<faiss::ProductQuantizer>>& scratch) {
    if (auto ivf = dynamic_cast<faiss::IndexIVF*>(index)) {
        ivf->cp.min_points_per_centroid = 1;
        prepare_training(ivf->quantizer, scratch);
    }
    if (auto pq = dynamic_cast<faiss::MultiIndexQuantizer*>(index)) pq->pq.cp.min_points_per_centroid = 1;
    if (auto pq = dynamic_cast<faiss::IndexPQ*>(index)) pq->pq.cp.min_points_per_centroid = 1;
    if (auto pq = dynamic_cast<faiss::IndexIVFPQ*>(index)) pq->pq.cp.min_points_per_centroid = 1;
    if (auto pq = dynamic_cast<faiss::IndexPQFastScan*>(index)) pq->pq.cp.min_points_per_centroid = 1;
    if (auto pq = dynamic_cast<faiss::IndexIVFPQFastScan*>(index)) pq->pq.cp.min_points_per_centroid = 1;
    if (auto graph = dynamic_cast<faiss::IndexHNSW*>(index)) {
        if (auto pq = dynamic_cast<faiss::IndexPQ*>(graph->storage)) pq->do_polysemous_training = false;
        prepare_training(graph->storage, scratch);
    }
    if (auto refine = dynamic_cast<faiss::IndexRefine*>(index)) prepare_training(refine->refine_index, scratch);
    if (auto chain = dynamic_cast<faiss::IndexPreTransform*>(index))
        for (faiss::VectorTransform* transform : chain->chain)
            if (auto opq = dynamic_cast<faiss::OPQMatrix*>(transform); opq && !opq->is_trained && !opq->pq) {
                scratch.push_back(std::make_unique<faiss::ProductQuantizer>(opq->d_out, opq->M, 8));
                opq->pq = scratch.back().get();
                opq->pq->cp.min_points_per_centroid = 1;
            }
    if (faiss::Index* next = inner(index)) prepare_training(next, scratch);
}

} // namespace ssf

void ssf_get_info(ssf_index* index, ssf_info* info) {
    const faiss::Index& f = *index->faiss;
    info->dimension = f.d;
    info->metric = f.metric_type == faiss::METRIC_INNER_PRODUCT ? 0 : f.metric_type == faiss::METRIC_L2 ? 1 : -1;
    info->count = f.ntotal;
    info->trained = f.is_trained;
    info->traits = ssf::traits_of(&f);
    info->fewest_to_train = ssf::fewest_to_train(&f);
    info->search_candidates = 0;
    for (const faiss::Index* level = &f; level; level = ssf::inner(level))
        if (auto graph = dynamic_cast<const faiss::IndexHNSW*>(level)) info->search_candidates = graph->hnsw.efSearch;
}

void ssf_describe(ssf_index* index, char* text, int capacity) { ssf::copy_text(ssf::describe(index->faiss.get()), text, capacity); }

int ssf_parameter(ssf_index* index, int number, const char** name, double* value, double* low, double* high) {
    auto found = ssf::parameters_of(index);
    if (number < 0 || static_cast<size_t>(number) >= found.size()) return 0;
    const auto& p = found[number];
    *name = p.name;
    *value = p.get();
    *low = p.low;
    *high = p.high;
    return 1;
}

int ssf_set_parameter(ssf_index* index, int number, double value) {
    return ssf::guarded([&] { ssf::parameters_of(index).at(number).set(value); });
}
