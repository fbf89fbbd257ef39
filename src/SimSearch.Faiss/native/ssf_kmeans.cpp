#include "ssf_internal.h"

#include <algorithm>

#include <faiss/Clustering.h>
#include <faiss/IndexFlat.h>

int ssf_kmeans(int dimension, int64_t n, const float* x, int k, int iterations, int redo, int seed, int spherical, int max_points_per_centroid,
               int threads, const int* cancel, float* centroids, float* objective) {
    ssf::call_scope scope(threads, cancel);
    return ssf::guarded([&] {
        faiss::ClusteringParameters settings;
        settings.niter = iterations;
        settings.nredo = redo;
        settings.seed = seed;
        settings.spherical = spherical != 0;
        settings.min_points_per_centroid = 1; // the managed side warns about few points; FAISS would write to stderr
        settings.max_points_per_centroid = max_points_per_centroid;
        faiss::Clustering clustering(dimension, k, settings);
        faiss::IndexFlat assign(dimension, spherical ? faiss::METRIC_INNER_PRODUCT : faiss::METRIC_L2);
        clustering.train(n, x, assign);
        std::copy_n(clustering.centroids.data(), static_cast<size_t>(k) * dimension, centroids);
        // One figure an iteration; with several restarts FAISS keeps those of the best one. Too few points: none are recorded.
        for (int i = 0; i < iterations; i++)
            objective[i] = static_cast<size_t>(i) < clustering.iteration_stats.size() ? clustering.iteration_stats[i].obj : 0;
    });
}
