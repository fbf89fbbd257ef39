"""Writes front_ends.json: what stands before the networks of VGGish and CLAP, in numpy's float64 from their public descriptions, sharing nothing with this project.

Run it with Debian's python3-numpy: python3 front_ends.py > front_ends.json

VGGish (research/audioset/vggish: vggish_params.py, mel_features.py): magnitudes of a 25 ms periodic Hann window every 10 ms, zero-padded to 512; 64 bands that are triangles on HTK's mel
scale from 125 to 7,500 Hz; log(x + 0.01); patches of 96 frames side by side.
CLAP (transformers: ClapFeatureExtractor, truncation rand_trunc, padding repeatpad): whole repeats, then zeros, to 10 s at 48 kHz; power of a periodic Hann window of 1,024 every 480, centred,
mirrored at the ends; 64 bands on Slaney's scale from 50 to 14,000 Hz with Slaney's norm; 10 log10(max(1e-10, x)).
"""
import json
import math

import numpy as np


def sweep(seconds, rate, low=200.0, high=3000.0, amplitude=0.5, noise=0.005):
    """The sound of a manifest's golden vector."""
    n = int(round(seconds * rate))
    state, samples = 1, np.zeros(n, np.float32)
    for i in range(n):
        t = i / rate
        state = (state * 1664525 + 1013904223) % 2**32
        samples[i] = amplitude * math.sin(2 * math.pi * (low * t + (high - low) * t * t / (2 * seconds))) + noise * ((state >> 8) / 2**23 - 1)
    return samples.astype(np.float64)


def frames(x, length, hop):
    count = (len(x) - length) // hop + 1
    return np.stack([x[i * hop:i * hop + length] for i in range(count)])


def hann(length):
    return 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(length) / length)


def htk(hertz):
    return 1127.0 * np.log(1.0 + np.asarray(hertz) / 700.0)


def slaney(hertz):
    hertz = np.asarray(hertz, float)
    return np.where(hertz < 1000, 3 * hertz / 200, 15 + 27 / np.log(6.4) * np.log(np.maximum(hertz, 1000) / 1000))


def slaney_to_hertz(mel):
    mel = np.asarray(mel, float)
    return np.where(mel < 15, 200 * mel / 3, 1000 * np.exp(np.log(6.4) / 27 * (mel - 15)))


def vggish(x):
    spectrum = np.abs(np.fft.rfft(frames(x, 400, 160) * hann(400), 512))
    edges = np.linspace(htk(125.0), htk(7500.0), 66)
    bins = htk(np.arange(257) * 8000.0 / 256)
    weights = np.zeros((257, 64))
    for b in range(64):
        low, centre, high = edges[b:b + 3]
        weights[:, b] = np.maximum(0, np.minimum((bins - low) / (centre - low), (high - bins) / (high - centre)))
    weights[0] = 0
    logs = np.log(spectrum @ weights + 0.01)
    return np.stack([logs[i:i + 96] for i in range(0, len(logs) - 95, 96)])


def clap(x):
    x = np.tile(x, 480000 // len(x))
    x = np.pad(x, (0, 480000 - len(x)))
    power = np.abs(np.fft.rfft(frames(np.pad(x, 512, mode="reflect"), 1024, 480) * hann(1024), 1024)) ** 2
    edges = slaney_to_hertz(np.linspace(slaney(50.0), slaney(14000.0), 66))
    bins = np.arange(513) * 24000.0 / 512
    weights = np.zeros((513, 64))
    for b in range(64):
        low, centre, high = edges[b:b + 3]
        weights[:, b] = np.maximum(0, np.minimum((bins - low) / (centre - low), (high - bins) / (high - centre))) * 2 / (high - low)
    return 10 * np.log10(np.maximum(1e-10, power @ weights))[None]


def stored(windows, at):
    return {
        "shape": list(windows.shape),
        "band_means": [[float(f"{v:.9g}") for v in window.mean(axis=0)] for window in windows],
        "cells": [[w, r, c, float(f"{windows[w, r, c]:.9g}")] for w, r, c in at],
    }


if __name__ == "__main__":
    print(json.dumps({
        # 2.5 s: two patches and a rest that is dropped.
        "vggish": stored(vggish(sweep(2.5, 16000)), [(w, r, c) for w in (0, 1) for r in (0, 1, 47, 95) for c in (0, 7, 31, 63)]),
        # 3 s: three repeats and a second of silence. The first frames mirror the beginning; frame 300 lies across two repeats.
        "clap": stored(clap(sweep(3, 48000)), [(0, r, c) for r in (0, 1, 299, 300, 500, 898, 901, 1000) for c in (0, 7, 31, 63)]),
    }, indent=1))
