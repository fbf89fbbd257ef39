using System.Runtime.InteropServices;

namespace SimSearch.Faiss;

/// <summary>The shim's C ABI; native/simsearch_faiss.h describes each function.</summary>
internal static unsafe partial class NativeMethods
{
    internal const string Library = "simsearch_faiss";
    internal const int AbiVersion = 2;

    internal const int Ok = 0, FaissError = 1, OutOfMemory = 2, OtherError = 3, Interrupted = 4, NotSupported = 5;

    [Flags]
    internal enum Traits
    {
        None = 0, InvertedFile = 1, Mapped = 2, FastScan = 4, Graph = 8, IdMap = 16, ReconstructChecksId = 32, DirectMap = 64, Flat = 128, OwnIds = 256, NeedsDirectMap = 512,
    }

    [StructLayout(LayoutKind.Sequential)]
    internal struct Info
    {
        internal int Dimension;
        internal int Metric;
        internal long Count;
        internal int Trained;
        internal Traits Traits;
        internal long FewestToTrain;
        internal long SearchCandidates;
    }

    [LibraryImport(Library)] internal static partial int ssf_abi_version();
    [LibraryImport(Library)] internal static partial byte* ssf_error_message();
    [LibraryImport(Library)] internal static partial void ssf_version(out int major, out int minor, out int patch);
    [LibraryImport(Library)] internal static partial byte* ssf_compile_options();
    [LibraryImport(Library)] internal static partial byte* ssf_simd_level();
    [LibraryImport(Library, StringMarshalling = StringMarshalling.Utf8)] internal static partial int ssf_select_simd(string name);
    [LibraryImport(Library)] internal static partial void ssf_blas(byte* path, int capacity, byte* config, int configCapacity);
    [LibraryImport(Library)] internal static partial double ssf_blas_gflops();

    [LibraryImport(Library, StringMarshalling = StringMarshalling.Utf8)] internal static partial int ssf_create(int dimension, string factory, int metric, int idMap, out nint index);
    [LibraryImport(Library)] internal static partial void ssf_free(nint index);
    [LibraryImport(Library)] internal static partial void ssf_get_info(nint index, out Info info);
    [LibraryImport(Library)] internal static partial void ssf_describe(nint index, byte* text, int capacity);
    [LibraryImport(Library)] internal static partial int ssf_train(nint index, long n, float* x, int threads, int* cancel);
    [LibraryImport(Library)] internal static partial int ssf_add(nint index, long n, float* x, long* ids, int threads, int* cancel);
    [LibraryImport(Library)] internal static partial int ssf_search(nint index, long n, float* x, long k, float* distances, long* ids, int threads, int* cancel);
    [LibraryImport(Library)] internal static partial int ssf_range_search(nint index, long n, float* x, float radius, int threads, int* cancel, out nint result);
    [LibraryImport(Library)] internal static partial void ssf_range_counts(nint result, long* offsets);
    [LibraryImport(Library)] internal static partial void ssf_range_copy(nint result, long* ids, float* distances);
    [LibraryImport(Library)] internal static partial void ssf_range_free(nint result);
    [LibraryImport(Library)] internal static partial int ssf_remove(nint index, long n, long* ids, out long removed);
    [LibraryImport(Library)] internal static partial int ssf_reconstruct(nint index, long id, float* x);
    [LibraryImport(Library)] internal static partial int ssf_enable_direct_map(nint index);
    [LibraryImport(Library)] internal static partial int ssf_prepend(nint index, int inputDimension, int outputDimension, float* matrix, float* bias);
    [LibraryImport(Library, StringMarshalling = StringMarshalling.Utf8)] internal static partial int ssf_write(nint index, string path);
    [LibraryImport(Library, StringMarshalling = StringMarshalling.Utf8)] internal static partial int ssf_read(string path, int mode, out nint index);
    [LibraryImport(Library)] internal static partial int ssf_check(nint index);
    [LibraryImport(Library)] internal static partial int ssf_parameter(nint index, int number, out byte* name, out double value, out double low, out double high);
    [LibraryImport(Library)] internal static partial int ssf_set_parameter(nint index, int number, double value);
    [LibraryImport(Library)] internal static partial int ssf_size(nint index, out long bytes);
    [LibraryImport(Library)] internal static partial int ssf_list_count(nint index, out long count, out int dimension);
    [LibraryImport(Library)] internal static partial int ssf_list(nint index, long list, out long size, long* ids, float* centroid);
    [LibraryImport(Library)] internal static partial int ssf_graph(nint index, out long entry, int* levels);
    [LibraryImport(Library)] internal static partial int ssf_graph_neighbours(nint index, long id, int level, long* ids, int capacity, out int count);
    [LibraryImport(Library)] internal static partial int ssf_codebook(nint index, out int parts, out int entries, out int length, float* values);
    [LibraryImport(Library)]
    internal static partial int ssf_kmeans(int dimension, long n, float* x, int k, int iterations, int redo, int seed, int spherical, int maxPointsPerCentroid,
        int threads, int* cancel, float* centroids, float* objective);

    [LibraryImport(Library)] internal static partial float ssf_kernel_pair(int which, float* x, float* y, long d);
    [LibraryImport(Library)] internal static partial long ssf_kernel_many(int which, float* output, float* x, float* y, float* norms, long d, long dOffset, long ny);
    [LibraryImport(Library)] internal static partial int ssf_kernel_elementwise(int which, long d, float* a, float scalar, float* b, float* c);

    /// <summary>The message of the last failed call on this thread.</summary>
    internal static string ErrorMessage() => Marshal.PtrToStringUTF8((nint)ssf_error_message()) ?? "";
}
