// Shared by the shim's own sources: errors turned into statuses, and the scope every long call runs in.
#pragma once
#include "simsearch_faiss.h"

#include <exception>
#include <memory>
#include <new>
#include <string>
#include <vector>

#include <omp.h>

#include <faiss/Index.h>
#include <faiss/impl/FaissException.h>
#include <faiss/impl/ProductQuantizer.h>

// faiss::Index::idx_t up to 1.7.3, faiss::idx_t since: both are this.
using ssf_id = int64_t;

struct ssf_index {
    std::unique_ptr<faiss::Index> faiss;
    std::vector<std::unique_ptr<faiss::ProductQuantizer>> scratch; // what OPQ trains with; it does not own it
};

namespace ssf {

std::string& error_message(); // of this thread
int status_of(const std::exception& error);

/// Runs `body`, which may throw, and returns its status.
template <class Body>
int guarded(Body&& body) {
    try {
        body();
        return SSF_OK;
    } catch (const std::exception& error) {
        return status_of(error);
    } catch (...) {
        error_message() = "an unknown C++ exception";
        return SSF_OTHER_ERROR;
    }
}

struct not_supported : std::exception {
    std::string text;
    explicit not_supported(std::string t) : text(std::move(t)) {}
    const char* what() const noexcept override { return text.c_str(); }
};

struct interrupted : std::exception {
    const char* what() const noexcept override { return "cancelled"; }
};

/// For the length of a call, and still there when its exception is looked at: the number of OpenMP threads (a setting of the calling thread) and the flag that cancels FAISS's own loops.
class call_scope {
public:
    call_scope(int threads, const int* cancel);
    ~call_scope();
    call_scope(const call_scope&) = delete;

private:
    int threads_before;
    const int* cancel_before;
};

bool cancelled();
void copy_text(const std::string& from, char* to, int capacity);

} // namespace ssf
