"""The steps of librosa 0.11 (stft, melspectrogram, power_to_db, mfcc, delta) in NumPy and SciPy, on the clip FeatureSideBySide.cs wrote: one line of JSON per task, CPU milliseconds (median)."""
import json
import sys
import time

import numpy as np
import scipy.fft
import scipy.io.wavfile
import scipy.signal

RATE, N_FFT, HOP, MELS, MFCC = 22050, 2048, 512, 128, 20


def mel_basis():
    def to_hz(m):
        return np.where(m < 15, m * 200 / 3, 1000 * np.exp((m - 15) * np.log(6.4) / 27))

    edges = to_hz(np.linspace(0, 15 + 27 * np.log(RATE / 2 / 1000) / np.log(6.4), MELS + 2))
    bins = np.fft.rfftfreq(N_FFT, 1 / RATE)
    ramps = edges[:, None] - bins
    width = np.diff(edges)
    weights = np.maximum(0, np.minimum(-ramps[:-2] / width[:-1, None], ramps[2:] / width[1:, None]))
    return (weights * (2 / (edges[2:] - edges[:-2]))[:, None]).astype(np.float32)


WINDOW = scipy.signal.get_window("hann", N_FFT, fftbins=True)
BASIS = mel_basis()


def stft(y, fft, window):
    frames = np.lib.stride_tricks.sliding_window_view(np.pad(y, N_FFT // 2), N_FFT)[::HOP].T
    out = np.empty((1 + N_FFT // 2, frames.shape[1]), dtype=np.complex64, order="F")
    columns = 2**18 // (out.shape[0] * out.itemsize)  # librosa works in blocks of 256 KiB
    for at in range(0, out.shape[1], columns):
        out[:, at : at + columns] = fft(window[:, None] * frames[:, at : at + columns], axis=0)
    return out


def log_mel(y, fft, window):
    mel = BASIS @ (np.abs(stft(y, fft, window)) ** 2)
    db = 10 * np.log10(np.maximum(1e-10, mel))
    return np.maximum(db, db.max() - 80)


def mfcc_delta(y, fft, window):
    mfcc = scipy.fft.dct(log_mel(y, fft, window), axis=-2, type=2, norm="ortho")[:MFCC]
    return mfcc, scipy.signal.savgol_filter(mfcc, 9, polyorder=1, deriv=1, axis=-1, mode="interp")


def statistics(path, fft, window):
    rate, pcm = scipy.io.wavfile.read(path)
    y = scipy.signal.resample_poly(pcm.astype(np.float32) / 32768, 1, 2)
    parts = mfcc_delta(y, fft, window)
    return np.concatenate([f(p, axis=1) for p in parts for f in (np.mean, np.std)])


def measure(task, run):
    result, cpu = run(), []
    for _ in range(9):
        start = time.process_time()
        run()
        cpu.append(time.process_time() - start)
    print(json.dumps({"task": task, "cpu": 1e3 * float(np.median(cpu)), "result": np.asarray(result, dtype=float).ravel()[:64].tolist()}), flush=True)


folder = sys.argv[1]
y = np.load(f"{folder}/clip.npy")
for name, fft, window in [("as librosa", np.fft.rfft, WINDOW), ("float32", scipy.fft.rfft, WINDOW.astype(np.float32))]:
    measure(f"log-mel, {name}", lambda: log_mel(y, fft, window).T)
    measure(f"MFCC + delta, {name}", lambda: mfcc_delta(y, fft, window)[0].T)
    measure(f"file to statistics, {name}", lambda: statistics(f"{folder}/clip.wav", fft, window))
