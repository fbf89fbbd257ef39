// Looks inside an index: what it is made of, what it can do, what can be tuned.
#pragma once
#include <faiss/Index.h>
#include <faiss/IndexIVF.h>

namespace ssf {

int traits_of(const faiss::Index* index);
/// The inverted file inside an id map or behind transforms, or null.
faiss::IndexIVF* inverted_file(faiss::Index* index);

} // namespace ssf
