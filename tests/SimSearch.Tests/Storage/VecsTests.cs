using SimSearch.Storage;
using SimSearch.Tests.Support;

namespace SimSearch.Tests;

public sealed class VecsTests : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("simsearch-vecs-").FullName;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    private string FileOf(string name, params byte[] bytes)
    {
        string path = Path.Combine(folder, name);
        File.WriteAllBytes(path, bytes);
        return path;
    }

    [Fact]
    public void What_is_written_is_read_back()
    {
        string f = Path.Combine(folder, "a.fvecs"), b = Path.Combine(folder, "a.bvecs"), i = Path.Combine(folder, "a.ivecs");
        VecsWriter.Write<float>(f, [1f, -2f, float.MaxValue, 1e-40f, 0f, 6f], 3);
        VecsWriter.Write<byte>(b, [0, 127, 128, 255], 2);
        VecsWriter.Write<int>(i, [int.MaxValue, -1], 1);
        var floats = new float[6];
        using (var reader = new VecsReader(f))
        {
            Assert.Equal((2L, 3), (reader.Rows, reader.Dimension));
            reader.ReadFloats(floats.AsSpan(0, 3));
            reader.ReadFloats(floats.AsSpan(3));
            Assert.Equal(2, reader.Position);
            Assert.Throws<SimSearchException>(() => reader.ReadFloats(new float[3]));
        }
        Assert.Equal([1f, -2f, float.MaxValue, 1e-40f, 0f, 6f], floats);
        var bytes = new float[4];
        using (var reader = new VecsReader(b)) reader.ReadFloats(bytes);
        Assert.Equal([0f, 127f, 128f, 255f], bytes);
        Assert.Equal([int.MaxValue, -1], VecsReader.ReadIvecs(i, out int dimension));
        Assert.Equal(1, dimension);
    }

    [Fact]
    public void Files_of_others_have_the_shape_their_description_says()
    {
        using var mnist = new VecsReader(SharedData.Data("ann/mnist784_base.bvecs"));
        Assert.Equal((9000L, 784), (mnist.Rows, mnist.Dimension));
        using var fsdd = new VecsReader(SharedData.Data("ann/fsdd_oww96.fvecs"));
        Assert.Equal((3000L, 96), (fsdd.Rows, fsdd.Dimension));
        int[] neighbours = VecsReader.ReadIvecs(SharedData.Data("ann/mnist784_groundtruth_l2.ivecs"), out int k);
        Assert.Equal((100, 1000 * 100), (k, neighbours.Length));
        Assert.All(neighbours, row => Assert.InRange(row, 0, 8999));
    }

    [Fact]
    public void Every_truncation_is_an_error_that_names_the_file()
    {
        string whole = Path.Combine(folder, "w.fvecs");
        VecsWriter.Write<float>(whole, [1f, 2f, 3f, 4f], 2);
        byte[] bytes = File.ReadAllBytes(whole);
        for (int length = 0; length < bytes.Length; length++)
        {
            if (length == bytes.Length / 2) continue; // exactly one row: a whole file
            string path = FileOf("t.fvecs", bytes[..length]);
            Assert.Contains(path, Assert.Throws<SimSearchException>(() => new VecsReader(path)).Message);
        }
    }

    [Theory]
    [InlineData(0)]
    [InlineData(-1)]
    [InlineData(int.MaxValue)]
    [InlineData(int.MinValue)]
    public void A_hostile_row_length_is_refused_without_allocating_for_it(int length)
    {
        string path = FileOf("h.bvecs", [.. BitConverter.GetBytes(length), 1, 2, 3, 4]);
        Assert.Contains("must be 1 to", Assert.Throws<SimSearchException>(() => new VecsReader(path)).Message);
    }

    [Fact]
    public void A_row_of_another_length_is_refused()
    {
        string path = FileOf("r.bvecs", 2, 0, 0, 0, 9, 9, 1, 0, 0, 0, 9, 9);
        using var reader = new VecsReader(path);
        Assert.Contains("row 1 has 1 values", Assert.Throws<SimSearchException>(() => reader.ReadFloats(new float[4])).Message);
    }

    [Fact]
    public void Row_numbers_are_not_taken_for_vectors()
    {
        string path = Path.Combine(folder, "n.ivecs");
        VecsWriter.Write<int>(path, [1, 2], 2);
        using var reader = new VecsReader(path);
        Assert.Throws<SimSearchException>(() => reader.ReadFloats(new float[2]));
        Assert.Throws<ArgumentException>(() => VecsWriter.Write<int>(Path.Combine(folder, "n.fvecs"), [1, 2], 2));
    }
}
