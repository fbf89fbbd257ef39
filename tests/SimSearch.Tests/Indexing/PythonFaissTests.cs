using System.Diagnostics;
using SimSearch.Indexing;
using SimSearch.Storage;
using SimSearch.Tests.Support;

namespace SimSearch.Tests;

/// <summary>Index files travel between us and Python's FAISS.</summary>
public sealed class PythonFaissTests : IDisposable
{
    private const string Python = "/usr/bin/python3";

    private readonly string folder = Directory.CreateTempSubdirectory("simsearch-python-").FullName;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    private void Run(string script)
    {
        var start = new ProcessStartInfo(Python) { WorkingDirectory = folder, RedirectStandardError = true };
        start.ArgumentList.Add("-c");
        start.ArgumentList.Add(script);
        using var process = Process.Start(start)!;
        string errors = process.StandardError.ReadToEnd();
        process.WaitForExit();
        Assert.True(process.ExitCode == 0, errors);
    }

    private static void NeedPython()
    {
        Galleries.NeedFaiss();
        bool found = false;
        if (File.Exists(Python))
        {
            using var process = Process.Start(new ProcessStartInfo(Python, ["-c", "import faiss, numpy"]) { RedirectStandardError = true })!;
            process.StandardError.ReadToEnd();
            process.WaitForExit();
            found = process.ExitCode == 0;
        }
        SharedData.SkipUnless(found, "python3-faiss is not installed");
    }

    [Theory]
    [InlineData("Flat", Metric.Cosine)]
    [InlineData("Flat", Metric.L2)]
    [InlineData("IVF16,Flat", Metric.L2)]
    [InlineData("IVF8,PQ8np", Metric.Cosine)]
    [InlineData("HNSW16", Metric.InnerProduct)]
    public void Python_finds_the_same_neighbours_in_the_index_file_of_a_bundle(string factory, Metric metric)
    {
        NeedPython();
        using var gallery = Galleries.Make(500);
        using var queries = Galleries.Make(30, seed: 7);
        using var index = VectorIndex.Build(gallery, factory, metric);
        index.Save(Path.Combine(folder, "index"));
        queries.Vectors.SaveNpy(Path.Combine(folder, "q.npy"));
        Run($"""
            import faiss, numpy as np
            index = faiss.read_index('index/index.faiss')
            q = np.load('q.npy')
            if '{metric}' == 'Cosine': faiss.normalize_L2(q)
            d, i = index.search(q, 6)
            np.save('i.npy', i); np.save('d.npy', d)
            """);
        long[] rows = Npy.Read<long>(Path.Combine(folder, "i.npy"), out _);
        float[] distances = Npy.Read<float>(Path.Combine(folder, "d.npy"), out _);
        var found = index.Search(queries, 6);
        for (int i = 0; i < rows.Length; i++)
        {
            Assert.Equal(distances[i], found.Scores[i], 1e-4 * Math.Max(1, Math.Abs(distances[i])));
            // Another row stands there only when the two scores are the same to within rounding.
            if (rows[i] != found.Rows[i]) Assert.Contains(found.Rows[i], rows.AsSpan(i / 6 * 6, 6).ToArray());
        }
    }

    [Theory]
    [InlineData("Flat")]
    [InlineData("IVF16,Flat")]
    [InlineData("HNSW16")]
    [InlineData("IDMap2,Flat")]
    public void An_index_made_in_Python_is_imported_with_its_vectors_and_neighbours(string factory)
    {
        NeedPython();
        using var gallery = Galleries.Make(500);
        gallery.Vectors.SaveNpy(Path.Combine(folder, "x.npy"));
        Run($"""
            import faiss, numpy as np
            x = np.load('x.npy')
            index = faiss.index_factory({Galleries.Dimension}, '{factory}')
            index.train(x)
            if 'IDMap' in '{factory}': index.add_with_ids(x, np.arange(len(x)))
            else: index.add(x)
            faiss.write_index(index, 'x.faiss')
            d, i = index.search(x[:40], 6)
            np.save('i.npy', i); np.save('d.npy', d)
            """);
        using var index = VectorIndex.ImportFaiss(Path.Combine(folder, "x.faiss"));
        Assert.Equal(gallery.Vectors.RowRange(0, 500), index.Vectors.RowRange(0, 500));
        var found = index.SearchById([.. Enumerable.Range(0, 40).Select(i => $"{i}")], 6);
        float[] distances = Npy.Read<float>(Path.Combine(folder, "d.npy"), out _);
        for (int i = 0; i < distances.Length; i++) Assert.Equal(distances[i], found.Scores[i], 1e-4 * Math.Max(1, Math.Abs(distances[i])));
    }

    [Fact]
    public void Labels_that_are_no_row_numbers_are_refused()
    {
        NeedPython();
        Run("""
            import faiss, numpy as np
            index = faiss.index_factory(4, 'IDMap2,Flat')
            index.add_with_ids(np.eye(4, dtype='float32'), np.array([10, 20, 30, 40]))
            faiss.write_index(index, 'x.faiss')
            """);
        var error = Assert.Throws<IndexEngineException>(() => VectorIndex.ImportFaiss(Path.Combine(folder, "x.faiss")));
        Assert.Contains("row numbers", error.Message);
    }
}
