using SimSearch.Storage;
using SimSearch.Tests.Support;

namespace SimSearch.Tests;

public sealed class NpyTests : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("simsearch-npy-").FullName;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    private string FileOf(byte[] bytes)
    {
        string path = Path.Combine(folder, "a.npy");
        File.WriteAllBytes(path, bytes);
        return path;
    }

    [Fact]
    public void What_is_written_is_read_back()
    {
        string path = Path.Combine(folder, "b.npy");
        float[] values = [1.5f, -2f, float.NaN, 3e-40f, 5f, 6f];
        Npy.Write<float>(path, values, 2, 3);
        Assert.Equal(values, Npy.Read<float>(path, out long[] shape));
        Assert.Equal([2L, 3L], shape);
        Assert.Equal(0, Npy.ReadHeader(path).DataOffset % 64);
    }

    [Fact]
    public void Numbers_are_converted_to_the_type_asked_for()
    {
        string path = Path.Combine(folder, "c.npy");
        Npy.Write<long>(path, [1, 2, 3], 3);
        Assert.Equal([1f, 2f, 3f], Npy.Read<float>(path, out _));
    }

    [Fact]
    public void A_file_written_by_NumPy_is_read()
    {
        float[] mean = Npy.Read<float>(SharedData.Golden("pca/main_mean.npy"), out long[] shape);
        Assert.Equal(shape[0], mean.Length);
        Assert.All(mean, v => Assert.True(float.IsFinite(v)));
    }

    [Fact]
    public void A_wrong_shape_is_refused_before_anything_is_written()
    {
        string path = Path.Combine(folder, "d.npy");
        Assert.Throws<ArgumentException>(() => Npy.Write<float>(path, [1f, 2f], 3));
        Assert.False(File.Exists(path));
    }

    [Fact]
    public void Every_truncation_of_a_file_is_an_error_that_names_the_file()
    {
        byte[] whole = [.. Npy.Header<float>(2, 2), .. new byte[16]];
        for (int length = 0; length < whole.Length; length++)
        {
            string path = FileOf(whole[..length]);
            var error = Assert.Throws<SimSearchException>(() => Npy.Read<float>(path, out _));
            Assert.Contains(path, error.Message);
        }
    }

    [Theory]
    [InlineData("{'descr': '>f4', 'fortran_order': False, 'shape': (1,), }", ">f4")]
    [InlineData("{'descr': '|O', 'fortran_order': False, 'shape': (1,), }", "|O")]
    [InlineData("{'descr': '<f4', 'fortran_order': True, 'shape': (1,1), }", "Fortran")]
    [InlineData("{'descr': '<f4', 'fortran_order': False, 'shape': (9223372036854775807,9), }", "")]
    [InlineData("{'descr': '<f4', 'fortran_order': False, 'shape': (99999999999999999999,), }", "")]
    [InlineData("{'descr': '<f4', 'fortran_order': False, 'shape': (4000000000,), }", "promises")]
    [InlineData("import os", "dictionary")]
    public void A_hostile_header_is_refused(string header, string expected)
    {
        byte[] bytes = [0x93, .. "NUMPY"u8, 1, 0, (byte)header.Length, 0, .. System.Text.Encoding.ASCII.GetBytes(header), 0, 0, 0, 0];
        var error = Assert.Throws<SimSearchException>(() => Npy.Read<float>(FileOf(bytes), out _));
        Assert.Contains(expected, error.Message);
    }
}
