"""scipy on the WAV files ResampleSideBySide.cs wrote: one line of JSON per task, milliseconds (best and median)."""
import json
import math
import sys
import time

import numpy as np
from scipy.io import wavfile
from scipy.signal import firwin, resample_poly


def measure(task, run, repeats=7):
    run()
    times = []
    for _ in range(repeats):
        start = time.perf_counter()
        run()
        times.append(1e3 * (time.perf_counter() - start))
    print(json.dumps({"task": task, "best": min(times), "median": float(np.median(times))}), flush=True)


def load(path, up, down, window):
    _, samples = wavfile.read(path)
    return resample_poly(samples.astype(np.float32) / np.float32(32768), up, down, window=window)


folder = sys.argv[1]
for rates in sys.argv[2:]:
    source, target = map(int, rates.split(">"))
    common = math.gcd(source, target)
    up, down = target // common, source // common
    path = f"{folder}/{source}.wav"
    # scipy's own filter: 20 periods of the lower rate, Kaiser beta 5; it lets -12 dB through just above the new Nyquist frequency
    measure(rates, lambda: load(path, up, down, ("kaiser", 5.0)))
    # a filter of the length and steepness of ours: 142 periods, cut-off at 0.95
    taps = firwin(142 * max(up, down) + 1, 0.95 / max(up, down), window=("kaiser", 11.16)).astype(np.float32)
    measure(rates + " equal", lambda: load(path, up, down, taps))
