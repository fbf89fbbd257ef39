"""scikit-learn's side of `-- tsne`: python3 tsne_peer.py FOLDER THREADS; prints one JSON object."""
import json
import sys
import time

import numpy as np
from sklearn.manifold import TSNE, trustworthiness

folder, threads = sys.argv[1], int(sys.argv[2])
x = np.load(f"{folder}/x.npy")
tsne = TSNE(init="pca", learning_rate="auto", random_state=0, n_jobs=threads)
wall, cpu = time.perf_counter(), time.process_time()
y = tsne.fit_transform(x)
wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
print(json.dumps({
    "wall": wall, "cpu": cpu, "kl": float(tsne.kl_divergence_),
    "trust": trustworthiness(x, y, n_neighbors=10), "trust_of_ours": trustworthiness(x, np.load(f"{folder}/ours.npy"), n_neighbors=10),
}))
