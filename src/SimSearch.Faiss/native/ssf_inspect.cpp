#include "ssf_internal.h"
#include "ssf_inspect.h"

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
#include <faiss/IndexIVFPQR.h>
#include <faiss/IndexPQ.h>
#include <faiss/IndexPreTransform.h>
#include <faiss/IndexRefine.h>
#include <faiss/IndexScalarQuantizer.h>
#include <faiss/invlists/InvertedLists.h>
#include <faiss/invlists/OnDiskInvertedLists.h>

namespace ssf {

namespace {

// One level down: id map, transform, refinement. Null at the bottom.
faiss::Index* inner(faiss::Index* index) {
    if (auto map = dynamic_cast<faiss::IndexIDMap*>(index)) return map->index;
    if (auto chain = dynamic_cast<faiss::IndexPreTransform*>(index)) return chain->index;
    if (auto refine = dynamic_cast<faiss::IndexRefine*>(index)) return refine->base_index;
    return nullptr;
}

const faiss::Index* inner(const faiss::Index* index) { return inner(const_cast<faiss::Index*>(index)); }

std::string class_name(const faiss::Index* index) {
    if (dynamic_cast<const faiss::IndexIDMap2*>(index)) return "IDMap2";
    if (dynamic_cast<const faiss::IndexIDMap*>(index)) return "IDMap";
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
        found.push_back(field("nprobe", ivf->nprobe, 1, static_cast<double>(ivf->nlist)));
        found.push_back(field("max_codes", ivf->max_codes, 0, any));
        if (auto graph = dynamic_cast<faiss::IndexHNSW*>(ivf->quantizer)) {
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
    if (auto refined = dynamic_cast<faiss::IndexIVFPQR*>(index)) found.push_back(field("k_factor", refined->k_factor, 1, 10000));
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
        traits |= SSF_IVF;
        if (dynamic_cast<const faiss::OnDiskInvertedLists*>(ivf->invlists) || dynamic_cast<const faiss::ReadOnlyInvertedLists*>(ivf->invlists)) traits |= SSF_MAPPED;
        if (!ivf->direct_map.no()) traits |= SSF_DIRECT_MAP;
        if (dynamic_cast<const faiss::IndexIVFFastScan*>(index)) traits |= SSF_FAST_SCAN;
        traits |= SSF_RECONSTRUCT_BY_ID;
    }
    if (dynamic_cast<const faiss::IndexFastScan*>(index)) traits |= SSF_FAST_SCAN;
    if (dynamic_cast<const faiss::IndexHNSW*>(index)) traits |= SSF_GRAPH;
    if (auto pq = dynamic_cast<const faiss::IndexPQ*>(index); pq && pq->do_polysemous_training) traits |= SSF_POLYSEMOUS;
    if (auto pq = dynamic_cast<const faiss::IndexIVFPQ*>(index); pq && pq->do_polysemous_training) traits |= SSF_POLYSEMOUS;
    if (const faiss::Index* next = inner(index)) {
        const int below = traits_of(next);
        // A refinement reconstructs from its own raw vectors, where nothing checks the id.
        if (dynamic_cast<const faiss::IndexRefine*>(index))
            traits |= below & ~(SSF_RECONSTRUCT_BY_ID | SSF_FLAT);
        else
            traits |= below;
    }
    if (dynamic_cast<const faiss::IndexIDMap*>(index)) traits |= SSF_ID_MAP | SSF_RECONSTRUCT_BY_ID;
    return traits;
}

} // namespace ssf

void ssf_get_info(ssf_index* index, ssf_info* info) {
    const faiss::Index& f = *index->faiss;
    info->dimension = f.d;
    info->metric = f.metric_type == faiss::METRIC_INNER_PRODUCT ? 0 : f.metric_type == faiss::METRIC_L2 ? 1 : -1;
    info->count = f.ntotal;
    info->trained = f.is_trained;
    info->traits = ssf::traits_of(&f);
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
