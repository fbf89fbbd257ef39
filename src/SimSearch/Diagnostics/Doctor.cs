using System.Globalization;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using SimSearch.Audio;
using SimSearch.Charts;
using SimSearch.Faiss;
using SimSearch.Images;
using SimSearch.Onnx;

namespace SimSearch.Diagnostics;

/// <summary>How one part of the installation is.</summary>
public enum Health
{
    /// <summary>There, and as it should be.</summary>
    Good,

    /// <summary>Something works less well without it, or it is slower than it could be.</summary>
    Limited,

    /// <summary>The main job does not work without it.</summary>
    Missing,
}

/// <summary>One part of the installation and what was found of it.</summary>
/// <param name="Part">Its name: "FAISS", "BLAS", ...</param>
/// <param name="Health">Whether it will do.</param>
/// <param name="Found">What was found: version, path, speed.</param>
/// <param name="Remedy">What to do when it is not good, otherwise null.</param>
public sealed record Diagnosis(string Part, Health Health, string Found, string? Remedy = null);

/// <summary>Looks at what this machine has of the things SimSearch uses.</summary>
public static class Doctor
{
    /// <summary>Examines every part; takes some milliseconds and changes nothing.</summary>
    public static IReadOnlyList<Diagnosis> Examine() => [Library(), Machine(), Simd(), Faiss(), Blas(), SoundFiles(), ImageFiles(), Plotly(), LearnedModels()];

    private static Diagnosis Library() => new("SimSearch", Health.Good, Versions.Library);

    private static Diagnosis Machine() => new("machine", Health.Good, string.Create(CultureInfo.InvariantCulture,
        $"{RuntimeInformation.FrameworkDescription} on {RuntimeInformation.OSDescription.Trim()} ({RuntimeInformation.RuntimeIdentifier}), {Environment.ProcessorCount} cores, {GC.GetGCMemoryInfo().TotalAvailableMemoryBytes / (1 << 30)} GiB"));

    private static Diagnosis Simd() =>
        Vector512.IsHardwareAccelerated ? new("SIMD", Health.Good, "512-bit vectors (AVX-512)")
        : Vector256.IsHardwareAccelerated ? new("SIMD", Health.Good, "256-bit vectors (AVX2)")
        : Vector128.IsHardwareAccelerated ? new("SIMD", Health.Good, "128-bit vectors (NEON or SSE)")
        : new("SIMD", Health.Limited, "none", "features and exact search run many times slower on this processor");

    private static Diagnosis Faiss() => FaissRuntime.IsAvailable(out string? reason)
        ? new("FAISS", Health.Good, $"{FaissRuntime.Version}, kernels: {FaissRuntime.SimdLevel}, {FaissRuntime.LibraryPath}")
        : new("FAISS", Health.Missing, "not found", reason);

    private static Diagnosis Blas()
    {
        if (!FaissRuntime.IsAvailable(out _)) return new("BLAS", Health.Missing, "unknown without FAISS", "mend FAISS first");
        string found = string.Create(CultureInfo.InvariantCulture, $"{FaissRuntime.Blas}, {FaissRuntime.BlasGflops:0} GFLOP/s on one thread");
        return FaissRuntime.BlasIsSlow
            ? new("BLAS", Health.Limited, found, "batch search and k-means are 10 to 30 times slower than they could be: apt-get install libopenblas0-pthread")
            : new("BLAS", Health.Good, found);
    }

    private static Diagnosis SoundFiles() => Sndfile.Instance is { } library
        ? new("libsndfile", Health.Good, $"{library.Version}: FLAC, Ogg, Opus, MP3, AIFF, AU and CAF can be read")
        : new("libsndfile", Health.Limited, "not found; WAV and FLAC files can be read, others not", Sndfile.InstallCommand);

    private static Diagnosis ImageFiles() => ImageFile.IsAvailable(out string? reason)
        ? new("libvips", Health.Good, $"{ImageFile.NativeLibrary}: {string.Join(", ", ImageFile.Formats)} can be read; {ImageFile.LibraryPath}")
        : new("libvips", Health.Limited, "not found; images cannot be read", reason);

    private static Diagnosis Plotly() => PlotlyScript.Find() is { } script
        ? new("plotly.js", Health.Good, string.Create(CultureInfo.InvariantCulture, $"found ({script.Length / 1e6:0.0} MB): charts can be zoomed"))
        : new("plotly.js", Health.Limited, "not found; charts are static pictures", "npm ci --ignore-scripts");

    private static Diagnosis LearnedModels()
    {
        const string part = "ONNX Runtime";
        if (!OnnxRuntime.IsAvailable(out string? reason)) return new(part, Health.Limited, "not found; learned embeddings and training do not work", reason);
        var trials = DeviceTrial.All();
        // That the library knows a device says nothing: each is tried, and on a machine without a GPU its absence is no fault.
        string devices = string.Join(", ", trials.Select(t => $"{t.Device.ToString().ToUpperInvariant()} {(t.Problem is null ? "works" : "does not work here")}"));
        string found = $"{OnnxRuntime.Version}: {devices}; {OnnxRuntime.LibraryPath}";
        return trials[0].Problem is { } broken ? new(part, Health.Limited, found, broken) : new(part, Health.Good, found);
    }
}
