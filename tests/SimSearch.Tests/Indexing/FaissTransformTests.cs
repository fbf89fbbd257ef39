using SimSearch.Datasets;
using SimSearch.Embedding;
using SimSearch.Faiss;
using SimSearch.Indexing;

namespace SimSearch.Tests;

public sealed class FaissTransformTests : IDisposable
{
    private const int Rows = 300, Dimension = 24, K = 10;
    private readonly string folder = Directory.CreateTempSubdirectory("simsearch-pretransform-").FullName;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    private static float[] Values(VectorMatrix m) => m.RowRange(0, (int)m.Rows).ToArray();

    private static IEnumerable<VectorTransform> Chains(VectorMatrix x) =>
    [
        VectorTransform.Fit(x, new PcaRecipe(8)), VectorTransform.Fit(x, new StandardizerRecipe(), new PcaRecipe(6, Whiten: true), new UnitLengthRecipe()),
        VectorTransform.Fit(x, new UnitLengthRecipe(), new RandomProjectionRecipe(12)), VectorTransform.Fit(x, new RandomProjectionRecipe(10, RandomProjectionKind.Gaussian), new StandardizerRecipe()),
    ];

    private static (long[] Ids, float[] Distances) Search(FaissIndex index, float[] queries, int k)
    {
        var (ids, distances) = (new long[queries.Length / Dimension * k], new float[queries.Length / Dimension * k]);
        index.Search(queries, k, distances, ids);
        return (ids, distances);
    }

    private static FaissIndex Behind(VectorTransform chain, VectorMatrix x)
    {
        using var reduced = chain.Apply(x);
        var index = FaissIndex.Create(chain.OutputDimension, "Flat");
        index.Add(Values(reduced));
        return FaissTransforms.Behind(chain, index);
    }

    [Fact]
    public void An_index_behind_a_chain_finds_what_the_chain_finds_here_and_in_Python()
    {
        using var x = TsneTests.Clouds(Rows, Dimension, 5);
        using var queries = TsneTests.Clouds(40, Dimension, 5, seed: 2);
        var ours = new List<(long[] Ids, float[] Distances)>();
        foreach (var chain in Chains(x))
        {
            using var index = Behind(chain, x);
            Assert.Equal((Dimension, (long)Rows), (index.Dimension, index.Count));
            using var reduced = chain.Apply(x);
            using var asked = chain.Apply(queries);
            var expected = ExactSearch.Search(reduced, asked, K, Metric.L2);
            var (ids, distances) = Search(index, Values(queries), K);
            Same(expected.Rows.ToArray(), expected.Scores.ToArray(), ids, distances);
            index.Save(Path.Combine(folder, $"{ours.Count}.faiss"));
            ours.Add((ids, distances));
            // Vectors added later go through it too.
            index.Add(Values(queries));
            Assert.Equal(Rows + 3, Search(index, queries.Row(3).ToArray(), 1).Ids[0]);
        }
        double[] peer = Peer.Run($"""
            import sys, faiss, numpy as np
            queries = np.frombuffer(sys.stdin.buffer.read(), "float32").reshape(-1, {Dimension})
            for i in range({ours.Count}):
                index = faiss.read_index("{folder}/" + str(i) + ".faiss")
                assert type(index).__name__ == "IndexPreTransform" and index.d == {Dimension} and index.ntotal == {Rows}
                distances, ids = index.search(queries, {K})
                print(*ids.ravel(), *distances.ravel())
            """, Values(queries));
        int size = 40 * K;
        for (int i = 0; i < ours.Count; i++)
            Same(ours[i].Ids, ours[i].Distances, [.. peer.Skip(2 * i * size).Take(size).Select(v => (long)v)], [.. peer.Skip((2 * i + 1) * size).Take(size).Select(v => (float)v)]);
    }

    private static void Same(long[] expectedIds, float[] expected, long[] ids, float[] distances)
    {
        Assert.Equal(expected.Length, distances.Length);
        int same = 0;
        for (int i = 0; i < ids.Length; i++)
        {
            Assert.Equal(expected[i], distances[i], 1e-4 * (1 + expected[i]));
            if (expectedIds[i] == ids[i]) same++;
        }
        Assert.InRange(same, 0.99 * ids.Length, ids.Length);
    }

    [Fact]
    public void Files_come_back_with_their_transforms_and_reduced_ones_have_the_kind()
    {
        using var x = TsneTests.Clouds(Rows, Dimension, 5);
        using var queries = TsneTests.Clouds(5, Dimension, 5, seed: 2);
        string file = Path.Combine(folder, "t.faiss");
        using var index = Behind(Chains(x).ElementAt(1), x);
        index.Save(file);
        using var loaded = FaissIndex.Load(file);
        Assert.Equal(Search(index, Values(queries), K).Ids, Search(loaded, Values(queries), K).Ids);
        Assert.Equal("PreTransform > Flat", loaded.Kind);
    }

    [Theory]
    [InlineData("Flat", Metric.Cosine)]
    [InlineData("Flat", Metric.L2)]
    [InlineData("IVF4,Flat", Metric.Cosine)]
    public void An_index_exported_with_its_steps_takes_raw_vectors_in_Python(string factory, Metric metric)
    {
        using var given = new Embeddings(TsneTests.Clouds(Rows, Dimension, 5), RowItems(Rows), Embeddings.UnknownEmbedder, Embeddings.UnknownFingerprint(Dimension));
        using var queries = TsneTests.Clouds(40, Dimension, 5, seed: 2);
        // In two goes, as it may happen: the chain of the second goes on where that of the first ends.
        using var half = VectorTransform.Fit(given.Vectors, new StandardizerRecipe()).ApplyTo(given);
        using var reduced = VectorTransform.Fit(half.Vectors, new PcaRecipe(8, Whiten: true)).ApplyTo(half);
        string bundle = Path.Combine(folder, "bundle"), file = Path.Combine(folder, "raw.faiss");
        using (var built = VectorIndex.Build(reduced, factory, metric)) built.Save(bundle);
        using var index = VectorIndex.Load(bundle);
        Assert.Equal((Dimension, 8), (index.Steps!.InputDimension, index.Steps.OutputDimension));
        using var asked = index.Steps.Apply(queries);
        var expected = index.Search(asked, K, new SearchOptions { Parameters = factory == "Flat" ? new Dictionary<string, double>() : new Dictionary<string, double> { ["nprobe"] = 4 } });
        index.ExportFaiss(file, withSteps: true);
        Assert.Equal([file], Directory.GetFiles(folder, "*", new EnumerationOptions { AttributesToSkip = 0 }));
        double[] peer = Peer.Run($"""
            import sys, faiss, numpy as np
            queries = np.frombuffer(sys.stdin.buffer.read(), "float32").reshape(-1, {Dimension})
            index = faiss.read_index("{file}")
            assert index.d == {Dimension} and index.ntotal == {Rows}
            if "IVF" in "{factory}": faiss.ParameterSpace().set_index_parameter(index, "nprobe", 4)
            distances, ids = index.search(queries, {K})
            print(*ids.ravel(), *distances.ravel())
            """, Values(queries));
        Same(expected.Rows.ToArray(), expected.Scores.ToArray(), [.. peer.Take(40 * K).Select(v => (long)v)], [.. peer.Skip(40 * K).Select(v => (float)v)]);
        // The index itself is as it was.
        Assert.Equal(expected.Rows.ToArray(), index.Search(asked, K, new SearchOptions { Parameters = factory == "Flat" ? new Dictionary<string, double>() : new Dictionary<string, double> { ["nprobe"] = 4 } }).Rows.ToArray());
    }

    [Fact]
    public void Steps_that_FAISS_has_no_words_for_are_refused_and_nothing_is_written()
    {
        using var given = new Embeddings(TsneTests.Clouds(Rows, Dimension, 5), RowItems(Rows), Embeddings.UnknownEmbedder, Embeddings.UnknownFingerprint(Dimension));
        using var blocks = new VectorTransform(new UnitBlocks(12, 12)).ApplyTo(given);
        string file = Path.Combine(folder, "x.faiss");
        using var plain = VectorIndex.Build(given);
        Assert.Contains("no steps to put in front", Assert.Throws<SimSearchException>(() => plain.ExportFaiss(file, withSteps: true)).Message);
        using var index = VectorIndex.Build(blocks);
        Assert.Contains("'unit-blocks' cannot be said", Assert.Throws<SimSearchException>(() => index.ExportFaiss(file, withSteps: true)).Message);
        Assert.Empty(Directory.GetFiles(folder));
        // The chain is none of an embedder's: sounds and texts are refused as of any ready-made vectors.
        Assert.Contains("ready-made vectors", Assert.Throws<IndexEngineException>(() => index.SearchFiles(["a.wav"], 1)).Message);
        Assert.Contains("ready-made vectors", Assert.Throws<IndexEngineException>(() => index.SearchTexts(["a"], 1)).Message);
    }

    private static Item[] RowItems(int rows) => [.. Enumerable.Range(0, rows).Select(i => new Item { Id = $"{i}", Source = "x.npy" })];

    [Fact]
    public void What_does_not_fit_is_refused_and_the_index_stays()
    {
        using var x = TsneTests.Clouds(Rows, Dimension, 5);
        using var index = FaissIndex.Create(8, "Flat");
        Assert.Contains("gives vectors of 6", Assert.Throws<SimSearchException>(() => FaissTransforms.Behind(VectorTransform.Fit(x, new PcaRecipe(6)), index)).Message);
        Assert.Contains("'unit-blocks' cannot be said", Assert.Throws<SimSearchException>(() => FaissTransforms.Behind(new VectorTransform(new UnitBlocks(4, 4)), index)).Message);
        Assert.Throws<ArgumentException>(() => index.Behind(new FaissTransform.Linear(new float[7], null, 3, 8)));
        Assert.Throws<ArgumentException>(() => index.Behind(new FaissTransform.Linear(new float[24], new float[3], 3, 8)));
        Assert.Throws<ArgumentException>(() => index.Behind(new FaissTransform.Linear([.. Enumerable.Repeat(float.NaN, 24)], null, 3, 8)));
        index.Add(new float[8]);
        Assert.Equal(1, index.Count);
        using var behind = index.Behind(new FaissTransform.UnitLength(8));
        Assert.Throws<ObjectDisposedException>(() => index.Count);
        Assert.Equal(1, behind.Count);
    }
}
