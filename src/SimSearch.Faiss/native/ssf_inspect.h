// Looks inside an index: what it is made of, what it can do, what can be tuned.
#pragma once
#include <string>

#include <faiss/Index.h>
#include <faiss/IndexIVF.h>

namespace ssf {

/// One level down: from an id map, a transform, a refinement. Null at the bottom.
faiss::Index* inner(faiss::Index* index);
inline const faiss::Index* inner(const faiss::Index* index) { return inner(const_cast<faiss::Index*>(index)); }

std::string class_name(const faiss::Index* index);
int traits_of(const faiss::Index* index);
/// Stops FAISS from writing advice about training sets to stderr; the managed side knows what is needed.
void silence_training(faiss::Index* index);
/// The inverted file inside an id map or behind transforms, or null.
faiss::IndexIVF* inverted_file(faiss::Index* index);

} // namespace ssf
