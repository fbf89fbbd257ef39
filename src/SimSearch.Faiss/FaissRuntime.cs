using System.Diagnostics.CodeAnalysis;
using System.Runtime.InteropServices;

namespace SimSearch.Faiss;

/// <summary>What FAISS this process runs on: version, BLAS, instruction set, threads. Members but <see cref="IsAvailable"/> and <see cref="Threads"/> throw <see cref="FaissNotInstalledException"/> without the native library.</summary>
public static unsafe class FaissRuntime
{
    private const double SlowBlasGflops = 12;
    private static readonly string[] FastBlasNames = ["openblas", "mkl", "blis", "accelerate", "atlas", "veclib", "armpl", "nvpl"];

    private static readonly Lazy<(string Path, string Config)> BlasFound = new(() =>
    {
        NativeLoader.EnsureLoaded();
        byte* path = stackalloc byte[4096], config = stackalloc byte[512];
        NativeMethods.ssf_blas(path, 4096, config, 512);
        return (Marshal.PtrToStringUTF8((nint)path) ?? "", Marshal.PtrToStringUTF8((nint)config) ?? "");
    });

    private static readonly Lazy<double> Gflops = new(() =>
    {
        NativeLoader.EnsureLoaded();
        return NativeMethods.ssf_blas_gflops();
    });

    private static int threads = Environment.ProcessorCount;

    /// <summary>Whether FAISS can be used here.</summary>
    /// <param name="reason">When it cannot: why not, with the command that mends it. Otherwise null.</param>
    public static bool IsAvailable([NotNullWhen(false)] out string? reason)
    {
        reason = NativeLoader.Failure;
        return reason is null;
    }

    /// <summary>FAISS's version, such as "1.7.3".</summary>
    public static string Version
    {
        get
        {
            NativeLoader.EnsureLoaded();
            NativeMethods.ssf_version(out int major, out int minor, out int patch);
            return $"{major}.{minor}.{patch}";
        }
    }

    /// <summary>How that FAISS was compiled, in its own words, such as "OPTIMIZE GENERIC".</summary>
    public static string CompileOptions
    {
        get
        {
            NativeLoader.EnsureLoaded();
            return Marshal.PtrToStringUTF8((nint)NativeMethods.ssf_compile_options())?.Trim() ?? "";
        }
    }

    /// <summary>The BLAS that FAISS's matrix products run on: its file and, for OpenBLAS, its version.</summary>
    public static string Blas => BlasFound.Value switch
    {
        ({ Length: 0 }, _) => "unknown",
        var (path, config) when config.Length == 0 => path,
        var (path, config) => $"{path} ({config.Trim()})",
    };

    /// <summary>The BLAS's speed on one thread in GFLOP/s: a 256 x 256 single-precision product, best of four. Measured once, in some milliseconds.</summary>
    public static double BlasGflops => Gflops.Value;

    /// <summary>
    /// Whether the BLAS is one of those that make exact batch search and k-means 10 to 30 times slower than they need be (the reference
    /// BLAS that a distribution installs by default). On Debian and Ubuntu <c>apt-get install libopenblas0-pthread</c> is the cure.
    /// </summary>
    public static bool BlasIsSlow
    {
        get
        {
            var (path, config) = BlasFound.Value;
            return !FastBlasNames.Any(name => (path + config).Contains(name, StringComparison.OrdinalIgnoreCase)) && BlasGflops < SlowBlasGflops;
        }
    }

    /// <summary>The instruction set of the distance kernels in use: "AVX-512", "AVX2+FMA" or "base" when they are ours, otherwise what FAISS says of its own build.</summary>
    public static string SimdLevel
    {
        get
        {
            NativeLoader.EnsureLoaded();
            string own = Marshal.PtrToStringUTF8((nint)NativeMethods.ssf_simd_level()) ?? "";
            return own.Length > 0 ? own : $"FAISS's own ({CompileOptions})";
        }
    }

    /// <summary>The file the native library was loaded from.</summary>
    public static string LibraryPath => NativeLoader.Path;

    /// <summary>
    /// How many threads FAISS may use in each call; default all processors this process may use. Results do not depend on it, except that
    /// an HNSW graph is built the same way twice only with one thread.
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException">The number is not in 1 to 1024.</exception>
    public static int Threads
    {
        get => Volatile.Read(ref threads);
        set
        {
            if (value is < 1 or > 1024) throw new ArgumentOutOfRangeException(nameof(value), value, $"threads={value} must be in 1 to 1024");
            Volatile.Write(ref threads, value);
        }
    }
}
