using System.Text.Json.Nodes;
using SimSearch.Datasets;
using SimSearch.Embedding;
using SimSearch.Tests.Support;

namespace SimSearch.Tests;

public sealed class VectorTransformTests : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("simsearch-transform-").FullName;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    private static float[] Values(VectorMatrix m) => m.RowRange(0, (int)m.Rows).ToArray();

    private static readonly IVectorStep[] Recipes = [new StandardizerRecipe(), new RandomProjectionRecipe(12, Seed: 4), new PcaRecipe(5, Whiten: true), new UnitLengthRecipe()];

    [Fact]
    public void Embedders_with_a_field_twice_are_refused_as_damaged()
    {
        string path = Path.Combine(Directory.CreateTempSubdirectory("simsearch-twice-").FullName, "embedder.json");
        const string twice = "{\"format\": \"learned_from\", \"raw\": {}, \"raw\": {}, \"format\": \"a\", \"steps\": [{}]}";
        File.WriteAllText(path, twice);
        Assert.Contains(path, Assert.Throws<SimSearchException>(() => FileEmbedders.Load(path)).Message);
        Assert.Throws<SimSearchException>(() => VectorTransform.OfEmbedder(twice, "it"));
        Assert.Null(LearnedFrom.Warning(twice, [], null, default)); // whoever opens the embedder hears of it
        Directory.Delete(Path.GetDirectoryName(path)!, recursive: true);
    }

    [Fact]
    public void A_chain_does_what_its_steps_do_one_after_the_other_and_survives_its_file()
    {
        using var x = TsneTests.Clouds(60, 20, 3);
        var chain = VectorTransform.Fit(x, Recipes);
        using var y = chain.Apply(x);
        var current = x;
        foreach (var recipe in Recipes)
        {
            var step = recipe.Fit(current);
            Assert.Equal(step.OutputDimension, recipe.OutputFor(current.Dimension));
            current = new VectorTransform(step).Apply(current);
        }
        Assert.Equal(Values(current), Values(y));
        Assert.Equal((20, 5, 4), (chain.InputDimension, chain.OutputDimension, chain.Steps.Count));
        Assert.All(Enumerable.Range(0, 60), i => Assert.Equal(1, y.Row(i).ToArray().Sum(v => v * v), 1e-5));

        string file = Path.Combine(folder, "t.json");
        chain.Save(file);
        var loaded = VectorTransform.Load(file);
        Assert.Equal(Values(y), Values(loaded.Apply(x)));
        Assert.Equal(chain.Fingerprint, loaded.Fingerprint);
        Assert.NotEqual(chain.Fingerprint, VectorTransform.Fit(x, [.. Recipes[..3]]).Fingerprint);
    }

    [Fact]
    public void Every_recipe_survives_its_JSON()
    {
        foreach (var recipe in (IVectorStep[])[.. Recipes, new RandomProjectionRecipe(3, RandomProjectionKind.Gaussian), new RandomProjectionRecipe(3, Density: 0.5), new PcaRecipe(2) { Seed = 9 }])
        {
            var json = (JsonObject)JsonNode.Parse(recipe.ToJson().ToJsonString())!;
            Assert.Equal(recipe.ToJson().ToJsonString(), VectorSteps.FromJson(json).ToJson().ToJsonString());
        }
        Assert.DoesNotContain("seed", new PcaRecipe(4).ToJson().ToJsonString()); // its hash is that of earlier versions
    }

    [Fact]
    public void Embeddings_know_their_embedder_behind_the_steps()
    {
        var items = Enumerable.Range(0, 40).Select(i => new Item { Id = $"{i}", Source = "x" }).ToArray();
        using var plain = new Embeddings(TsneTests.Clouds(40, 6, 2), items, "vectors", Embeddings.UnknownFingerprint(6));
        var chain = VectorTransform.Fit(plain.Vectors, new PcaRecipe(3));
        using var reduced = chain.ApplyTo(plain);
        Assert.Equal((3, 40L, "vectors"), (reduced.Dimension, reduced.Count, reduced.EmbedderName));
        Assert.Equal(chain.Fingerprint, VectorTransform.FromJson(reduced.EmbedderJson!).Fingerprint); // what ready-made vectors went through
        Assert.NotEqual(plain.Fingerprint, reduced.Fingerprint);

        var embedder = AudioEmbedders.Create("chroma-stats").Fit(TsneTests.Clouds(40, 24, 2));
        using var known = new Embeddings(TsneTests.Clouds(40, 24, 2), items, embedder.Name, embedder.Fingerprint, null, embedder.ToJson());
        using var short8 = VectorTransform.Fit(known.Vectors, new PcaRecipe(8)).ApplyTo(known);
        var read = AudioEmbedder.FromJson(short8.EmbedderJson!);
        Assert.Equal((8, short8.Fingerprint), (read.Dimension, read.Fingerprint));
    }

    [Fact]
    public void Damaged_and_unfitting_chains_are_refused()
    {
        using var x = TsneTests.Clouds(30, 6, 2);
        string json = VectorTransform.Fit(x, new PcaRecipe(2)).ToJson();
        string Refused(string text) => Assert.Throws<SimSearchException>(() => VectorTransform.FromJson(text)).Message;
        Assert.Contains("fingerprint does not fit", Refused(json.Replace("\"whiten\": false", "\"whiten\": true")));
        Assert.Contains("not valid JSON", Refused(json[..^5]));
        Assert.Contains("is not 'simsearch-transform-1'", Refused("{}"));
        Assert.Contains("is not fitted", Refused("""{"format":"simsearch-transform-1","fingerprint":"","steps":[{"kind":"pca","count":2,"whiten":false}]}"""));
        Assert.Contains("at least one step", Refused("""{"format":"simsearch-transform-1","fingerprint":"","steps":[]}"""));
        foreach (string step in (string[])["""{"kind":"random-projection","projection":"sparse","input":1000000,"count":1000000,"seed":0}""", """{"kind":"random-projection","projection":"odd","input":3,"count":1,"seed":0}""", """{"kind":"random-projection","input":3}""", "{\"kind\":\"x\"}", "3", "null"])
            Assert.Contains("is not a usable transform", Refused($$"""{"format":"simsearch-transform-1","fingerprint":"","steps":[{{step}}]}"""));
        Assert.Contains("there is no such file", Assert.Throws<SimSearchException>(() => VectorTransform.Load(Path.Combine(folder, "none"))).Message);
        Assert.Contains("gives 2", Assert.Throws<SimSearchException>(() => new VectorTransform(Pca.Fit(x, 2), Pca.Fit(x, 2))).Message);
        using var five = TsneTests.Clouds(9, 5, 2);
        Assert.Contains("takes vectors of 6, these have 5", Assert.Throws<SimSearchException>(() => VectorTransform.FromJson(json).Apply(five)).Message);
        Assert.Contains("fitted on vectors of 6", Assert.Throws<SimSearchException>(() => VectorTransform.Fit(five, Pca.Fit(x, 2))).Message);
        five.WritableRows(3, 1)[0] = float.NaN;
        Assert.Contains("vector 3", Assert.Throws<SimSearchException>(() => VectorTransform.Fit(five, new PcaRecipe(2))).Message);
    }

    [Theory]
    [InlineData(RandomProjectionKind.Gaussian, null)]
    [InlineData(RandomProjectionKind.Sparse, null)]
    [InlineData(RandomProjectionKind.Sparse, 1 / 3.0)]
    public void Random_projections_keep_distances(RandomProjectionKind kind, double? density)
    {
        using var x = TsneTests.Clouds(60, 900, 3);
        int count = RandomProjection.SafeDimension(60, 0.4);
        var step = new RandomProjection(900, count, kind, seed: 3, density);
        using var y = new VectorTransform(step).Apply(x);
        double worst = 0;
        for (int i = 0; i < 60; i++)
            for (int j = 0; j < i; j++) worst = Math.Max(worst, Math.Abs(Squared(y, i, j) / Squared(x, i, j) - 1));
        Assert.InRange(worst, 0.01, 0.4);
        Assert.Equal(Values(y), Values(new VectorTransform(new RandomProjection(900, count, kind, 3, density)).Apply(x)));
        Assert.NotEqual(Values(y), Values(new VectorTransform(new RandomProjection(900, count, kind, 4, density)).Apply(x)));
        // Linear: a sum goes to the sum.
        float[] sum = [.. Enumerable.Range(0, 900).Select(i => x.Row(0)[i] + x.Row(1)[i])], to = new float[count];
        step.Apply(sum, to);
        for (int i = 0; i < count; i++) Assert.Equal(y.Row(0)[i] + y.Row(1)[i], to[i], 1e-2);
    }

    private static double Squared(VectorMatrix m, int a, int b) => Enumerable.Range(0, m.Dimension).Sum(i => Math.Pow((double)m.Row(a)[i] - m.Row(b)[i], 2));

    [Fact]
    public void A_sparse_projection_has_the_density_and_the_numbers_it_promises()
    {
        var step = new RandomProjection(400, 500, seed: 1);
        Assert.Equal(0.05, step.Density, 1e-12);
        float[] unit = new float[400], column = new float[500];
        double nonzero = 0, sum = 0;
        for (int i = 0; i < 400; i++)
        {
            unit[i] = 1;
            step.Apply(unit, column);
            unit[i] = 0;
            Assert.All(column, v => Assert.True(v == 0 || Math.Abs(Math.Abs(v) - Math.Sqrt(20.0 / 500)) < 1e-6));
            nonzero += column.Count(v => v != 0);
            sum += column.Sum(Math.Sign);
        }
        Assert.Equal(0.05, nonzero / 200_000, 0.003);
        Assert.Equal(0, sum / nonzero, 0.05);
    }

    [Theory] // from scikit-learn's documentation of johnson_lindenstrauss_min_dim
    [InlineData(1_000_000, 0.5, 663)]
    [InlineData(1_000_000, 0.1, 11841)]
    [InlineData(1_000_000, 0.01, 1112658)]
    [InlineData(10_000, 0.1, 7894)]
    [InlineData(100_000, 0.1, 9868)]
    public void The_safe_dimension_is_that_of_scikit_learn(long n, double eps, int expected) => Assert.Equal(expected, RandomProjection.SafeDimension(n, eps));

    [Fact]
    public void Random_projections_out_of_range_are_refused()
    {
        Assert.Contains("1 or more", Assert.Throws<SimSearchException>(() => new RandomProjection(0, 1)).Message);
        Assert.Contains("1 or more", Assert.Throws<SimSearchException>(() => new RandomProjection(1 << 20, 1 << 20)).Message);
        Assert.Contains("density", Assert.Throws<SimSearchException>(() => new RandomProjection(4, 2, density: 0)).Message);
        Assert.Contains("density", Assert.Throws<SimSearchException>(() => new RandomProjection(4, 2, RandomProjectionKind.Gaussian, density: 0.5)).Message);
        Assert.Throws<ArgumentOutOfRangeException>(() => RandomProjection.SafeDimension(10, 1));
        Assert.Throws<ArgumentOutOfRangeException>(() => RandomProjection.SafeDimension(0, 0.5));
    }

    [Theory]
    [InlineData("ann/grocery_mnv2_1280.fvecs")]
    [InlineData("ann/fsdd_oww96.fvecs")]
    public void The_randomised_components_of_real_vectors_are_the_exact_ones(string file)
    {
        // Real variances fall slowly, and the last components are the hardest to find.
        using var x = VectorMatrix.Open(SharedData.Data(file));
        const int count = 16;
        Pca exact = Pca.Fit(x, count, method: PcaMethod.Exact), fast = Pca.Fit(x, count, method: PcaMethod.Randomized);
        Assert.Equal(exact.TotalVariance, fast.TotalVariance, 1e-9 * exact.TotalVariance);
        for (int c = 0; c < count; c++)
        {
            Assert.Equal(exact.Variances[c], fast.Variances[c], 1e-3 * exact.Variances[c]);
            double dot = Enumerable.Range(0, x.Dimension).Sum(i => (double)exact.Components[c * x.Dimension + i] * fast.Components[c * x.Dimension + i]);
            if (c < count / 2) Assert.Equal(1, dot, 1e-3);
        }
    }

    [Theory]
    [InlineData(300, 1500)]
    [InlineData(1200, 250)]
    public void The_randomised_components_are_the_exact_ones(int n, int d)
    {
        // Twenty directions whose deviations fall slowly from 20, over noise of 1.
        var random = new Random(6);
        double Normal() => Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble());
        double[] directions = [.. Enumerable.Range(0, 20 * d).Select(_ => Normal() / Math.Sqrt(d))];
        using var x = VectorMatrix.Allocate(n, d);
        for (int i = 0; i < n; i++)
        {
            double[] weights = [.. Enumerable.Range(0, 20).Select(k => 20 * Math.Pow(0.85, k) * Normal())];
            var row = x.WritableRows(i, 1);
            for (int j = 0; j < d; j++) row[j] = (float)(5 + Enumerable.Range(0, 20).Sum(k => weights[k] * directions[k * d + j]) + 0.02 * Normal());
        }
        Pca exact = Pca.Fit(x, 8, method: PcaMethod.Exact), fast = Pca.Fit(x, 8, method: PcaMethod.Randomized), again = Pca.Fit(x, 8, method: PcaMethod.Randomized);
        Assert.Equal(fast.Components.ToArray(), again.Components.ToArray());
        Assert.Equal(exact.TotalVariance, fast.TotalVariance, 1e-6 * exact.TotalVariance);
        for (int c = 0; c < 8; c++)
        {
            Assert.Equal(exact.Variances[c], fast.Variances[c], 1e-6 * exact.Variances[0]);
            double dot = Enumerable.Range(0, d).Sum(i => (double)exact.Components[c * d + i] * fast.Components[c * d + i]);
            Assert.Equal(1, dot, 1e-4);
        }
        // Other seeds find the same directions; more components than the data has are zeros.
        Assert.Equal(fast.Components[d], Pca.Fit(x, 8, method: PcaMethod.Randomized, seed: 3).Components[d], 1e-3);
        using var flat = VectorMatrix.FromArray([.. Enumerable.Range(0, 40 * 30).Select(i => (float)(i / 30 % 7 * (i % 30)))], 30);
        var rank1 = Pca.Fit(flat, 5, whiten: true, method: PcaMethod.Randomized);
        using var projected = new VectorTransform(rank1).Apply(flat);
        Assert.Equal(-1, projected.FirstRowNotFinite());
        Assert.All(Enumerable.Range(0, 40), i => Assert.All(projected.Row(i)[1..].ToArray(), v => Assert.Equal(0, v, 1e-3)));
    }
}
