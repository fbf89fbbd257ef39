// Looks inside an index: what it is made of, what it can do, what can be tuned.
#pragma once
#include <memory>
#include <string>
#include <vector>

#include <faiss/Index.h>
#include <faiss/IndexIVF.h>
#include <faiss/impl/ProductQuantizer.h>

namespace ssf {

/// One level down: from an id map, a transform, a refinement. Null at the bottom.
faiss::Index* inner(faiss::Index* index);
inline const faiss::Index* inner(const faiss::Index* index) { return inner(const_cast<faiss::Index*>(index)); }

std::string class_name(const faiss::Index* index);
int traits_of(const faiss::Index* index);
/// Settles how a new index will be trained: no advice about training sets on stderr (the managed side knows what is needed), and no
/// polysemous codes below a graph, which takes minutes and never uses them.
void prepare_training(faiss::Index* index, std::vector<std::unique_ptr<faiss::ProductQuantizer>>& scratch);
/// The inverted file inside an id map or behind transforms, or null.
faiss::IndexIVF* inverted_file(faiss::Index* index);

} // namespace ssf
