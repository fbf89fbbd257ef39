// Reads one FAISS index file and tries it, in a process of its own: FAISS trusts what it reads, and a damaged or hostile file can end the
// process that reads it. Usage: simsearch_faiss_check SHIM FILE; exit code 0 and nothing printed, or 1 and the reason.
#include <dlfcn.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>

struct info { int32_t dimension, metric; int64_t count; int32_t trained, traits; int64_t fewest, candidates; };

static void limit(int what, rlim_t soft) {
    struct rlimit value = {soft, soft};
    setrlimit(what, &value);
}

int main(int argc, char** argv) {
    struct stat file;
    if (argc != 3 || stat(argv[2], &file) != 0) return 2;
    // A file that claims a billion vectors must not take the machine's memory for the claim: several times its length is enough for any index.
    limit(RLIMIT_AS, (rlim_t)file.st_size * 8 + ((rlim_t)320 << 20));
    limit(RLIMIT_CPU, 30 + (rlim_t)(file.st_size >> 23));
    limit(RLIMIT_CORE, 0);
    void* shim = dlopen(argv[1], RTLD_NOW);
    if (!shim) return puts(dlerror()), 2;
    int (*read)(const char*, int, void**) = (int (*)(const char*, int, void**))dlsym(shim, "ssf_read");
    int (*check)(void*) = (int (*)(void*))dlsym(shim, "ssf_check");
    void (*describe)(void*, struct info*) = (void (*)(void*, struct info*))dlsym(shim, "ssf_get_info");
    int (*search)(void*, int64_t, const float*, int64_t, float*, int64_t*, int, const int*) =
        (int (*)(void*, int64_t, const float*, int64_t, float*, int64_t*, int, const int*))dlsym(shim, "ssf_search");
    const char* (*message)(void) = (const char* (*)(void))dlsym(shim, "ssf_error_message");
    if (!read || !check || !describe || !search || !message) return puts("another version of the shim"), 2;

    void* index = NULL;
    struct info info;
    float distance[8], *query;
    int64_t id[8];
    if (read(argv[2], 2 /* SSF_READ_TRIAL */, &index) != 0 || check(index) != 0) return puts(message()), 1;
    describe(index, &info);
    query = calloc((size_t)info.dimension, sizeof(float));
    if (info.trained && (!query || search(index, 1, query, 8, distance, id, 1, NULL) != 0)) return puts(message()), 1;
    return 0;
}
