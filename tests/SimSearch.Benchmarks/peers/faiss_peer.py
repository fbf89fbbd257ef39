"""python3-faiss on the data FaissSideBySide.cs wrote: one line of JSON per task, CPU and wall milliseconds (medians)."""
import json
import sys
import time

import faiss
import numpy as np


def measure(task, run, repeats):
    wall, cpu = [], []
    for _ in range(repeats):
        w, c = time.perf_counter(), time.process_time()
        run()
        wall.append(time.perf_counter() - w)
        cpu.append(time.process_time() - c)
    print(json.dumps({"task": task, "wall": 1e3 * float(np.median(wall)), "cpu": 1e3 * float(np.median(cpu))}), flush=True)


folder, threads = sys.argv[1], int(sys.argv[2])
faiss.omp_set_num_threads(threads)
gallery, queries = np.load(f"{folder}/gallery.npy"), np.load(f"{folder}/queries.npy")
d = gallery.shape[1]

flat = faiss.index_factory(d, "Flat")
flat.add(gallery)
measure("Flat, 20 queries one by one", lambda: [flat.search(queries[i : i + 1], 10) for i in range(20)], 5)
measure("Flat, 1,000 queries", lambda: flat.search(queries, 10), 3)

ivf = faiss.index_factory(d, "IVF256,Flat")
ivf.train(gallery)
ivf.add(gallery)
ivf.nprobe = 16
measure("IVF256,Flat nprobe=16, 1,000 queries", lambda: ivf.search(queries, 10), 5)

graph = faiss.index_factory(d, "HNSW32")
measure("HNSW32, build on 20,000", lambda: (graph.reset(), graph.add(gallery[:20000])), 1)
graph.hnsw.efSearch = 64
measure("HNSW32 efSearch=64, 1,000 queries", lambda: graph.search(queries, 10), 5)
