using System.Text;
using SimSearch.Notebooks;

namespace SimSearch.Notebooks.Tests;

public sealed class NotebookHostileTests
{
    private const string Good = """{"nbformat":4,"nbformat_minor":5,"metadata":{},"cells":[{"cell_type":"markdown","id":"m","metadata":{},"source":"x"},{"cell_type":"code","id":"c","metadata":{},"source":"x","execution_count":null,"outputs":[{"output_type":"stream","name":"stdout","text":"t"},{"output_type":"display_data","data":{"text/plain":"d"},"metadata":{}},{"output_type":"error","ename":"n","evalue":"v","traceback":[]}]}]}""";

    [Theory]
    [InlineData("\"nbformat\":4", "\"nbformat\":3", null, "nbformat")]
    [InlineData("\"nbformat\":4,", "", null, "nbformat")]
    [InlineData("\"nbformat\":4", "\"nbformat\":\"4\"", null, "nbformat")]
    [InlineData("\"nbformat\":4", "\"nbformat\":99999999999", null, "nbformat")]
    [InlineData("\"nbformat_minor\":5", "\"nbformat_minor\":-1", null, "nbformat_minor")]
    [InlineData("\"cells\":", "\"cell\":", null, "cells")]
    [InlineData("\"metadata\":{},\"cells\"", "\"metadata\":[],\"cells\"", null, "metadata")]
    [InlineData("\"cell_type\":\"markdown\"", "\"cell_type\":\"spell\"", 1, "cell_type")]
    [InlineData("\"cell_type\":\"code\"", "\"cell_type\":7", 2, "cell_type")]
    [InlineData("\"id\":\"c\"", "\"id\":\"c d\"", 2, "id")]
    [InlineData("\"id\":\"c\"", "\"id\":5", 2, "id")]
    [InlineData("\"source\":\"x\",\"execution_count\"", "\"source\":{},\"execution_count\"", 2, "source")]
    [InlineData("\"source\":\"x\",\"execution_count\"", "\"source\":[\"a\",1],\"execution_count\"", 2, "source[1]")]
    [InlineData("\"source\":\"x\",\"execution_count\"", "\"execution_count\"", 2, "source")]
    [InlineData("\"execution_count\":null", "\"execution_count\":\"1\"", 2, "execution_count")]
    [InlineData("\"execution_count\":null", "\"execution_count\":1.5", 2, "execution_count")]
    [InlineData("\"outputs\":[", "\"outputs\":{},\"o\":[", 2, "outputs")]
    [InlineData("\"text\":\"t\"", "\"text\":null", 2, "outputs[0].text")]
    [InlineData("\"data\":{\"text/plain\":\"d\"}", "\"data\":\"d\"", 2, "outputs[1].data")]
    [InlineData("\"data\":{\"text/plain\":\"d\"}", "\"data\":{\"text/plain\":{}}", 2, "outputs[1].data['text/plain']")]
    [InlineData("\"traceback\":[]", "\"traceback\":\"x\"", 2, "outputs[2].traceback")]
    [InlineData("\"traceback\":[]", "\"traceback\":[null]", 2, "outputs[2].traceback[0]")]
    [InlineData("\"metadata\":{},\"source\":\"x\"},", "\"metadata\":\"m\",\"source\":\"x\"},", 1, "metadata")]
    public void A_fault_names_the_cell_and_the_field(string part, string instead, int? cell, string field)
    {
        Assert.Contains(part, Good);
        int at = Good.IndexOf(part, StringComparison.Ordinal);
        var error = Assert.Throws<NotebookFormatException>(() => Make.Parse(Good[..at] + instead + Good[(at + part.Length)..]));
        Assert.Equal((cell, field), (error.Cell, error.Field));
        Assert.Contains($"'{field}'", error.Message);
        if (cell is { } n) Assert.Contains($"cell {n}", error.Message);
    }

    [Theory]
    [InlineData("")]
    [InlineData("not json")]
    [InlineData("[]")]
    [InlineData("null")]
    [InlineData("{\"nbformat\":4,\"cells\":[")]
    [InlineData("{\"nbformat\":4,\"cells\":[],\"cells\":[]}")]
    [InlineData("{\"nbformat\":4,\"cells\":[],\"metadata\":{\"x\":\"\\ud800\"}}")]
    [InlineData("{\"nbformat\":4,\"cells\":[],\"metadata\":{\"\\udc00\":1}}")]
    [InlineData("{\"nbformat\":4,\"cells\":[],\"metadata\":{\"x\":NaN}}")]
    [InlineData("{\"nbformat\":4,\"cells\":[null]}")]
    [InlineData("{\"nbformat\":4,\"cells\":[[]]}")]
    public void What_is_no_notebook_is_refused_with_a_message(string json) => Assert.NotEmpty(Assert.Throws<NotebookFormatException>(() => Make.Parse(json)).Message);

    [Fact]
    public void Bytes_that_are_no_UTF8_are_refused() =>
        Assert.Contains("UTF-8", Assert.Throws<NotebookFormatException>(() => Notebook.Parse(new byte[] { (byte)'{', 0xff, 0xfe, (byte)'}' })).Message);

    [Fact]
    public void A_byte_order_mark_is_no_fault() => Assert.Equal(2, Notebook.Parse((byte[])[0xef, 0xbb, 0xbf, .. Encoding.UTF8.GetBytes(Good)]).Cells.Count);

    [Fact]
    public void Depth_size_and_cells_have_limits()
    {
        string deep = "{\"nbformat\":4,\"cells\":[],\"metadata\":{\"x\":" + new string('[', 5000) + new string(']', 5000) + "}}";
        Assert.Throws<NotebookFormatException>(() => Make.Parse(deep));
        byte[] good = Encoding.UTF8.GetBytes(Good);
        Assert.Contains("bytes", Assert.Throws<NotebookFormatException>(() => Notebook.Parse(good, new NotebookLimits { MaxBytes = 100 })).Message);
        Assert.Contains("2 cells", Assert.Throws<NotebookFormatException>(() => Notebook.Parse(good, new NotebookLimits { MaxCells = 1 })).Message);
    }

    [Fact]
    public void A_file_with_an_output_of_100_MB_is_refused_before_it_is_read()
    {
        string folder = Make.Folder(), path = Path.Combine(folder, "big.ipynb");
        try
        {
            using (var stream = File.Create(path)) stream.SetLength(100_000_000);
            var error = Assert.Throws<NotebookFormatException>(() => Notebook.Load(path));
            Assert.Contains("big.ipynb", error.Message);
            Assert.Contains("100,000,000", error.Message);
        }
        finally
        {
            Directory.Delete(folder, true);
        }
    }

    [Fact]
    public void Any_cut_or_changed_file_is_read_or_refused_and_never_crashes()
    {
        byte[] good = Encoding.UTF8.GetBytes(Good);
        var random = new Random(7);
        for (int i = 0; i < 3000; i++)
        {
            byte[] bad = i % 2 == 0 ? good[..random.Next(good.Length)] : [.. good];
            for (int flips = random.Next(4); flips > 0 && bad.Length > 0; flips--) bad[random.Next(bad.Length)] = (byte)random.Next(256);
            try
            {
                var notebook = Notebook.Parse(bad);
                Assert.Equal(notebook.ToJson(), Make.Parse(notebook.ToJson()).ToJson());
                Assert.NotEmpty(NotebookPage.ToHtml(notebook));
            }
            catch (NotebookFormatException)
            {
            }
        }
    }
}
