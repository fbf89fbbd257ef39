using SimSearch.Embedding;
using SimSearch.Storage;
using SimSearch.Tests.Support;

namespace SimSearch.Tests;

public sealed class VectorMatrixTests : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("simsearch-matrix-").FullName;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    private string At(string name) => Path.Combine(folder, name);

    [Fact]
    public void A_saved_matrix_is_mapped_and_equal()
    {
        float[] values = [.. Enumerable.Range(0, 3 * 1000).Select(i => MathF.Sin(i))];
        using (var matrix = VectorMatrix.FromArray(values, 3)) matrix.SaveNpy(At("a.npy"));
        using var mapped = VectorMatrix.Open(At("a.npy"));
        Assert.True(mapped.IsMapped);
        Assert.Equal((1000L, 3), (mapped.Rows, mapped.Dimension));
        Assert.Equal(values, mapped.RowRange(0, 1000).ToArray());
        Assert.Equal(values[6..9], mapped.Row(2).ToArray());
        Assert.Empty(mapped.RowRange(1000, 0).ToArray());
        Assert.Equal(values, Npy.Read<float>(At("a.npy"), out long[] shape));
        Assert.Equal([1000L, 3L], shape);
    }

    [Fact]
    public void A_mapped_matrix_stays_readable_while_its_file_is_replaced()
    {
        using (var old = VectorMatrix.FromArray([1f, 2f], 2)) old.SaveNpy(At("a.npy"));
        using var mapped = VectorMatrix.Open(At("a.npy"));
        using (var newer = VectorMatrix.FromArray([3f, 4f, 5f, 6f], 2)) newer.SaveNpy(At("a.npy"));
        Assert.Equal([1f, 2f], mapped.Row(0).ToArray());
    }

    [Fact]
    public void Other_number_types_and_row_files_are_read_as_floats()
    {
        Npy.Write<double>(At("d.npy"), [1.5, 2.5, 3.5, 4.5], 2, 2);
        VecsWriter.Write<float>(At("f.fvecs"), [1.5f, 2.5f, 3.5f, 4.5f], 2);
        VecsWriter.Write<byte>(At("b.bvecs"), [1, 2, 3, 255], 2);
        foreach (string name in (string[])["d.npy", "f.fvecs"])
            using (var m = VectorMatrix.Open(At(name))) Assert.Equal([1.5f, 2.5f, 3.5f, 4.5f], m.RowRange(0, 2).ToArray());
        using var bytes = VectorMatrix.Open(At("b.bvecs"));
        Assert.Equal([3f, 255f], bytes.Row(1).ToArray());
    }

    [Fact]
    public void An_empty_matrix_keeps_its_dimension()
    {
        using (var none = VectorMatrix.Allocate(0, 5)) none.SaveNpy(At("e.npy"));
        using var read = VectorMatrix.Open(At("e.npy"));
        Assert.Equal((0L, 5), (read.Rows, read.Dimension));
        Assert.Equal(-1, read.FirstRowNotFinite());
    }

    [Fact]
    public void Rows_outside_the_matrix_are_refused()
    {
        using var m = VectorMatrix.Allocate(3, 2);
        Assert.Throws<ArgumentOutOfRangeException>(() => m.Row(3));
        Assert.Throws<ArgumentOutOfRangeException>(() => m.Row(-1));
        Assert.Throws<ArgumentOutOfRangeException>(() => m.Row(long.MaxValue));
        Assert.Throws<ArgumentOutOfRangeException>(() => m.RowRange(2, 2));
        Assert.Throws<ArgumentOutOfRangeException>(() => m.RowRange(0, -1));
        Assert.Throws<ArgumentException>(() => VectorMatrix.FromArray([1f, 2f, 3f], 2));
        Assert.Throws<ArgumentOutOfRangeException>(() => VectorMatrix.Allocate(1, 0));
    }

    [Fact]
    public void A_disposed_matrix_is_refused_instead_of_read()
    {
        using (var m = VectorMatrix.FromArray([1f], 1)) m.SaveNpy(At("x.npy"));
        foreach (var m in (VectorMatrix[])[VectorMatrix.FromArray([1f], 1), VectorMatrix.Open(At("x.npy"))])
        {
            m.Dispose();
            m.Dispose();
            Assert.Throws<ObjectDisposedException>(() => m.Row(0));
        }
    }

    [Fact]
    public void A_mapped_file_is_never_written_to()
    {
        using (var m = VectorMatrix.FromArray([1f], 1)) m.SaveNpy(At("x.npy"));
        using var mapped = VectorMatrix.Open(At("x.npy"));
        Assert.Throws<InvalidOperationException>(() => mapped.WritableRows(0, 1));
    }

    [Theory]
    [InlineData(float.NaN)]
    [InlineData(float.PositiveInfinity)]
    [InlineData(float.NegativeInfinity)]
    public void A_value_that_is_not_finite_is_found_wherever_it_stands(float bad)
    {
        for (int at = 0; at < 700; at += 37)
        {
            using var m = VectorMatrix.Allocate(100, 7);
            m.WritableRows(0, 100)[at] = bad;
            Assert.Equal(at / 7, m.FirstRowNotFinite());
        }
    }

    [Theory]
    [InlineData(new long[] { 4 })]
    [InlineData(new long[] { 2, 2, 1 })]
    public void An_array_that_is_no_matrix_is_refused(long[] shape)
    {
        Npy.Write<float>(At("s.npy"), [1f, 2f, 3f, 4f], shape);
        Assert.Contains("rows x dimension", Assert.Throws<SimSearchException>(() => VectorMatrix.Open(At("s.npy"))).Message);
    }

    [Fact]
    public void A_missing_file_and_a_foreign_extension_are_named()
    {
        Assert.Contains("no such file", Assert.Throws<SimSearchException>(() => VectorMatrix.Open(At("none.npy"))).Message);
        File.WriteAllText(At("a.txt"), "1 2 3");
        Assert.Contains(".txt", Assert.Throws<SimSearchException>(() => VectorMatrix.Open(At("a.txt"))).Message);
    }

    [Fact]
    public void Vectors_of_others_are_read_to_the_last_row()
    {
        using var m = VectorMatrix.Open(SharedData.Data("ann/grocery_mnv2_1280.fvecs"));
        Assert.Equal((480L, 1280), (m.Rows, m.Dimension));
        Assert.Equal(-1, m.FirstRowNotFinite());
        Assert.Contains(m.Row(479).ToArray(), v => v != 0);
    }
}
