// Configure-time probe: does FAISS link and search with its distance kernels defined outside, and how was it built?
#include <cstdio>

#include <faiss/IndexFlat.h>
#include <faiss/index_factory.h>
#include <faiss/index_io.h>
#include <faiss/utils/utils.h>

int main() {
    float points[4] = {0, 0, 3, 4}, query[2] = {3, 3}, distance = 0;
    faiss::IndexFlatL2 index(2);
    index.add(2, points);
    int64_t id = -1;
    index.search(1, query, 1, &distance, &id);
    std::printf("%s\n", faiss::get_compile_options().c_str());
    // Draw in everything the shim will draw in: a kernel that is missing must show at this link, not at the next.
    faiss::Index* (*read)(const char*, int) = faiss::read_index;
    faiss::Index* (*make)(int, const char*, faiss::MetricType) = faiss::index_factory;
    return id == 1 && distance == 1 && read && make ? 0 : 1;
}
