using System.Diagnostics;
using System.Runtime.InteropServices;
using SimSearch.Tests.Support;

namespace SimSearch.Faiss.Tests;

/// <summary>Index files go both ways between this library and FAISS's own Python module.</summary>
public sealed class PythonTests : IDisposable
{
    private const string Python = "/usr/bin/python3";
    private const int D = 32, K = 10;
    private static readonly float[] Gallery = Managed.Clustered(2000, D, 1, clusters: 64, spread: 0.6), Queries = Managed.Clustered(100, D, 2, clusters: 64, spread: 0.6);
    private static readonly Lazy<bool> HasFaiss = new(() => File.Exists(Python) && Run("import faiss, numpy").ExitCode == 0);
    private readonly string folder = Directory.CreateTempSubdirectory("simsearch-faiss-python-").FullName;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    private static readonly string[] Kinds = ["Flat", "IVF64,Flat", "HNSW32", "IVF16,PQ8np", "SQ8", "PQ8x4fs", "RR16,IVF16,PQ8np", "IDMap2,Flat", "PCA16,SQ8", "IVF16,SQ8,RFlat"];

    private static IEnumerable<(string Factory, FaissMetric Metric, string Name)> Cases() =>
        Kinds.SelectMany(factory => Enum.GetValues<FaissMetric>().Select(metric => (factory, metric, $"{metric}-{factory}")));

    // One Python process reads all files: starting it costs more than the searches.
    [Fact]
    public void Python_reads_our_files_and_finds_the_same_neighbours()
    {
        SharedData.SkipUnless(HasFaiss.Value, "python3-faiss is not installed (apt-get install python3-faiss)");
        Write("queries", Queries);
        Dictionary<string, (long[] Ids, float[] Distances)> ours = [];
        foreach (var (factory, metric, name) in Cases())
        {
            using FaissIndex index = Factories.Filled(factory, Gallery, D, metric);
            index.Save(Path.Combine(folder, $"{name}.faiss"));
            ours[name] = index.Search(Queries, K);
        }
        Assert.Equal((0, ""), Run($"""
            import faiss, glob, numpy as np
            for file in glob.glob("{folder}/*.faiss"):
                index = faiss.read_index(file)
                assert index.ntotal == {Gallery.Length / D} and index.d == {D}
                distances, ids = index.search(np.fromfile("{folder}/queries", "float32").reshape(-1, {D}), {K})
                ids.tofile(file[:-6] + ".ids")
                distances.tofile(file[:-6] + ".distances")
            """));
        foreach (var (name, (ids, distances)) in ours) Same(name, ids, distances, Read<long>($"{name}.ids"), Read<float>($"{name}.distances"));
    }

    [Fact]
    public void We_read_the_files_that_Python_wrote_and_find_the_same_neighbours()
    {
        SharedData.SkipUnless(HasFaiss.Value, "python3-faiss is not installed (apt-get install python3-faiss)");
        Write("gallery", Gallery);
        Write("queries", Queries);
        Assert.Equal((0, ""), Run($"""
            import faiss, numpy as np
            gallery = np.fromfile("{folder}/gallery", "float32").reshape(-1, {D})
            queries = np.fromfile("{folder}/queries", "float32").reshape(-1, {D})
            for factory in {"[" + string.Join(", ", Kinds.Select(k => $"'{k}'")) + "]"}:
                for metric in ("InnerProduct", "L2"):
                    name = f"{folder}/{"{metric}"}-{"{factory}"}"
                    index = faiss.index_factory({D}, factory, faiss.METRIC_L2 if metric == "L2" else faiss.METRIC_INNER_PRODUCT)
                    index.train(gallery)
                    index.add_with_ids(gallery, np.arange(len(gallery)) * 3) if factory.startswith("IDMap") else index.add(gallery)
                    faiss.write_index(index, name + ".faiss")
                    distances, ids = index.search(queries, {K})
                    ids.tofile(name + ".ids")
                    distances.tofile(name + ".distances")
            """));
        foreach (var (_, metric, name) in Cases())
        {
            using FaissIndex index = FaissIndex.Load(Path.Combine(folder, $"{name}.faiss"));
            Assert.Equal((D, Gallery.Length / D, metric), (index.Dimension, index.Count, index.Metric));
            var (ids, distances) = index.Search(Queries, K);
            Same(name, Read<long>($"{name}.ids"), Read<float>($"{name}.distances"), ids, distances);
        }
    }

    [Fact]
    public void Kinds_of_Python_indexes_that_would_end_the_process_are_refused_by_name()
    {
        SharedData.SkipUnless(HasFaiss.Value, "python3-faiss is not installed (apt-get install python3-faiss)");
        Write("gallery", Gallery);
        string[] kinds = ["IVF4,PQ4+4", "NSG16", "LSQ4x4", "IVF4,Flat,Refine(LSH)", "PQ8x4fs_64"];
        Assert.Equal((0, ""), Run($"""
            import faiss, numpy as np
            gallery = np.fromfile("{folder}/gallery", "float32").reshape(-1, {D})[:600]
            for factory in {"[" + string.Join(", ", kinds.Select(k => $"'{k}'")) + "]"}:
                index = faiss.index_factory({D}, factory)
                index.train(gallery)
                index.add(gallery)
                faiss.write_index(index, f"{folder}/{"{factory}"}.faiss")
            """));
        foreach (string factory in kinds)
        {
            string message = Assert.Throws<FaissIndexFileException>(() => FaissIndex.Load(Path.Combine(folder, $"{factory}.faiss"))).Message;
            Assert.True(message.Contains("not offered") || message.Contains("end the process"), message);
        }
    }

    // Our kernels and FAISS's own round differently in the last bits: distances agree closely, and ids agree but for near ties.
    private static void Same(string name, long[] expectedIds, float[] expectedDistances, long[] ids, float[] distances)
    {
        for (int i = 0; i < distances.Length; i++)
            Assert.True(Math.Abs(expectedDistances[i] - distances[i]) <= 1e-4f * (1 + Math.Abs(expectedDistances[i])), $"{name}: distance {distances[i]} should be {expectedDistances[i]}");
        double agreement = ids.Zip(expectedIds).Average(p => p.First == p.Second ? 1.0 : 0.0);
        Assert.True(agreement > 0.99, $"{name}: {agreement:P1} of the neighbours agree");
    }

    private void Write(string name, float[] values) => File.WriteAllBytes(Path.Combine(folder, name), MemoryMarshal.AsBytes(values.AsSpan()));

    private T[] Read<T>(string name) where T : unmanaged => MemoryMarshal.Cast<byte, T>(File.ReadAllBytes(Path.Combine(folder, name))).ToArray();

    private static (int ExitCode, string Error) Run(string script)
    {
        var start = new ProcessStartInfo(Python, ["-c", script]) { RedirectStandardError = true };
        start.Environment["OMP_NUM_THREADS"] = "1";
        using Process process = Process.Start(start)!;
        string error = process.StandardError.ReadToEnd();
        process.WaitForExit();
        return (process.ExitCode, process.ExitCode == 0 ? "" : error);
    }
}
