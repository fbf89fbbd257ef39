using SimSearch.Datasets;
using SimSearch.Embedding;

namespace SimSearch.Tests;

public sealed class ProjectionTests
{
    private static Embeddings Of(VectorMatrix vectors) =>
        new(vectors, [.. Enumerable.Range(0, (int)vectors.Rows).Select(i => new Item { Id = $"i{i}", Source = "x", Labels = [$"c{i % 3}"] })], "e", "f", "/root");

    [Fact]
    public void Pca_keeps_the_coordinates_of_the_components()
    {
        using var embeddings = Of(TsneTests.Clouds(80, 6, 3));
        var projection = Projection.Pca(embeddings);
        var pca = Pca.Fit(embeddings.Vectors, 2);
        var point = new float[2];
        for (int i = 0; i < 80; i++)
        {
            pca.Apply(embeddings.Vectors.Row(i), point);
            Assert.Equal(point, projection.Points.Row(i).ToArray());
        }
        Assert.Equal((pca.Variances[0] + pca.Variances[1]) / pca.TotalVariance, projection.Explained.Sum(), 1e-12);
        Assert.Equal(ProjectionQuality.Measure(embeddings.Vectors, projection.Points), projection.Quality);
        Assert.Equal(("PCA", 80, 2, "i3", "c0", "/root", "e"), (projection.Method, projection.Count, projection.Dimensions, projection.Ids[3], projection.Labels[3], projection.Root, projection.EmbedderName));
    }

    [Fact]
    public void Small_and_flat_sets_have_clear_rules()
    {
        using var one = Of(TsneTests.Clouds(5, 1, 2));
        Assert.All(Enumerable.Range(0, 5), i => Assert.Equal(0, Projection.Pca(one).Points.Row(i)[1]));
        using var three = Of(TsneTests.Clouds(3, 4, 2));
        Assert.Equal(1, Projection.Pca(three).K);
        Assert.Contains("5 or more", Assert.Throws<SimSearchException>(() => Projection.Tsne(three)).Message);
        using var two = Of(TsneTests.Clouds(2, 4, 2));
        Assert.Contains("3 or more", Assert.Throws<SimSearchException>(() => Projection.Pca(two)).Message);
        using var equal = Of(VectorMatrix.FromArray([.. Enumerable.Repeat(1f, 12)], 2));
        Assert.Contains("equal", Assert.Throws<SimSearchException>(() => Projection.Pca(equal)).Message);
        Assert.Contains("2 or 3", Assert.Throws<SimSearchException>(() => Projection.Pca(three, dimensions: 4)).Message);
        Assert.Contains("must be 2 or 3", Assert.Throws<SimSearchException>(() => Projection.Of(three, TsneTests.Clouds(3, 5, 1), "x")).Message);
    }

    [Fact]
    public void Normalised_vectors_have_the_neighbours_of_cosine()
    {
        using var vectors = TsneTests.Clouds(60, 5, 3);
        var random = new Random(2);
        var scaled = VectorMatrix.Allocate(60, 5);
        for (int i = 0; i < 60; i++)
        {
            float factor = MathF.Pow(2, random.Next(-20, 20)); // a power of two changes no digit
            for (int d = 0; d < 5; d++) scaled.WritableRows(i, 1)[d] = vectors.Row(i)[d] * factor;
        }
        using var plain = Of(vectors);
        using var other = Of(scaled);
        Assert.Equal(Projection.Pca(plain, normalize: true).Points.RowRange(0, 60).ToArray(), Projection.Pca(other, normalize: true).Points.RowRange(0, 60).ToArray());
        var options = new TsneOptions { Normalize = true, Iterations = 100 };
        Assert.Equal(Projection.Tsne(plain, options).Quality, Projection.Tsne(other, options).Quality);
        Assert.NotEqual(Projection.Pca(plain).Points.RowRange(0, 60).ToArray(), Projection.Pca(plain, normalize: true).Points.RowRange(0, 60).ToArray());
    }

    [Fact]
    public void A_turned_mirrored_and_moved_picture_is_brought_back()
    {
        using var embeddings = Of(TsneTests.Clouds(50, 6, 3));
        var projection = Projection.Pca(embeddings);
        var moved = VectorMatrix.Allocate(50, 2);
        (double sin, double cos) = Math.SinCos(1.1);
        for (int i = 0; i < 50; i++)
        {
            float x = projection.Points.Row(i)[0], y = -projection.Points.Row(i)[1];
            moved.WritableRows(i, 1)[0] = (float)(cos * x - sin * y + 3);
            moved.WritableRows(i, 1)[1] = (float)(sin * x + cos * y - 8);
        }
        var back = Projection.Of(embeddings, moved, "turned").AlignedTo(projection);
        for (int i = 0; i < 50; i++)
            for (int d = 0; d < 2; d++) Assert.Equal(projection.Points.Row(i)[d], back.Points.Row(i)[d], 1e-4);
        using var twice = VectorMatrix.FromArray([.. moved.RowRange(0, 50).ToArray().Select(v => 2 * v)], 2);
        using var scaled = Procrustes.Align(twice, projection.Points, scale: true);
        Assert.Equal(projection.Points.Row(7)[0], scaled.Row(7)[0], 1e-4);
        using var few = Of(TsneTests.Clouds(20, 6, 3));
        Assert.Contains("different items", Assert.Throws<SimSearchException>(() => Projection.Pca(few).AlignedTo(projection)).Message);
    }
}
