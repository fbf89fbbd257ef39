using SimSearch.Datasets;

namespace SimSearch.Tests;

public sealed class DatasetCsvTests : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("simsearch-csv-").FullName;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    private string Table(string text, string name = "t.csv")
    {
        string path = Path.Combine(folder, name);
        File.WriteAllText(path, text);
        return path;
    }

    private void Touch(params string[] names)
    {
        foreach (string name in names)
        {
            Directory.CreateDirectory(Path.GetDirectoryName(Path.Combine(folder, name))!);
            File.WriteAllText(Path.Combine(folder, name), "");
        }
    }

    private static string Refusal(Action read) => Assert.Throws<SimSearchException>(read).Message;

    [Fact]
    public void Usual_column_names_are_found_and_the_rest_becomes_metadata()
    {
        Touch("a.wav", "b.wav");
        var set = Dataset.FromCsv(Table("filename,Fold,category,split,mood\na.wav,1,dog|animal,train,glad\nb.wav,2,cat,,\n"));
        Assert.Equal(2, set.Count);
        var a = set["a.wav"];
        Assert.Equal(("a.wav", "dog", "1", "train", 0.0, null, "glad"), (a.Source, a.Label, a.Group, a.Split, a.Start, a.Duration, a.Metadata["mood"]));
        Assert.Equal(["dog", "animal"], a.Labels);
        Assert.Null(set["b.wav"].Split);
        Assert.Empty(set["b.wav"].Metadata);
        Assert.Equal(["animal", "cat", "dog"], set.Labels);
    }

    [Fact]
    public void Stretches_of_one_file_get_ids_that_tell_them_apart()
    {
        Touch("a.wav");
        var set = Dataset.FromCsv(Table("file,start,duration\na.wav,0,1.5\na.wav,1.5,2\n"));
        Assert.Equal(["a.wav#0.00-1.50", "a.wav#1.50-3.50"], set.Items.Select(i => i.Id));
    }

    [Fact]
    public void A_missing_column_is_named_with_those_there_are()
    {
        string path = Table("name,kind\na.wav,dog\n");
        Assert.Contains("name, kind", Refusal(() => Dataset.FromCsv(path)));
        string message = Refusal(() => Dataset.FromCsv(path, new CsvColumns { File = "name", Label = "species" }));
        Assert.Contains("'species'", message);
        Assert.Contains("name, kind", message);
    }

    [Fact]
    public void A_missing_file_is_named_with_its_line_or_left_out_or_kept()
    {
        Touch("a.wav");
        string path = Table("file\na.wav\ngone.wav\n");
        string message = Refusal(() => Dataset.FromCsv(path));
        Assert.Contains("line 3", message);
        Assert.Contains("gone.wav", message);
        Assert.Equal(1, Dataset.FromCsv(path, new CsvColumns { MissingFiles = MissingFiles.Skip }).Count);
        Assert.Equal(2, Dataset.FromCsv(path, new CsvColumns { MissingFiles = MissingFiles.Keep }).Count);
    }

    [Theory]
    [InlineData("../secret.wav")]
    [InlineData("a/../../secret.wav")]
    [InlineData(".")]
    [InlineData("")]
    [InlineData("a\0b.wav")]
    public void A_relative_path_out_of_the_root_and_one_that_is_none_are_refused(string file)
    {
        string message = Refusal(() => Dataset.FromCsv(Table($"file,label\n\"{file}\",x\n"), new CsvColumns { MissingFiles = MissingFiles.Keep }));
        Assert.Contains("line 2", message);
    }

    [Fact]
    public void A_folder_whose_name_begins_like_the_root_is_not_below_it()
    {
        Directory.CreateDirectory(folder + "-twin");
        try
        {
            File.WriteAllText(Path.Combine(folder + "-twin", "a.wav"), "");
            string file = $"../{Path.GetFileName(folder)}-twin/a.wav";
            Assert.Contains("leaves the folder", Refusal(() => Dataset.FromCsv(Table($"file\n{file}\n"))));
        }
        finally { Directory.Delete(folder + "-twin", recursive: true); }
    }

    [Fact]
    public void An_absolute_path_is_taken_as_meant()
    {
        Touch("deep/a.wav");
        string absolute = Path.Combine(folder, "deep", "a.wav");
        var set = Dataset.FromCsv(Table($"file\n{absolute}\n"), root: Path.GetTempPath());
        Assert.Equal(absolute, set.PathOf(set.Items[0]));
    }

    [Fact]
    public void Quotes_line_breaks_separators_and_a_byte_order_mark_are_read_as_RFC_4180_says()
    {
        Touch("a.wav");
        var set = Dataset.FromCsv(Table("\uFEFFfile,label,note\r\na.wav,\"say \"\"hi\"\", dog\",\"two\r\nlines\"\r\n\r\n"));
        Assert.Equal("say \"hi\", dog", set["a.wav"].Label);
        Assert.Equal("two\r\nlines", set["a.wav"].Metadata["note"]);
    }

    [Fact]
    public void Another_delimiter_is_read()
    {
        Touch("a.wav");
        Assert.Equal("1,5", Dataset.FromCsv(Table("file;label\na.wav;1,5\n"), new CsvColumns { Delimiter = ';' }).Items[0].Label);
    }

    [Theory]
    [InlineData("", "empty")]
    [InlineData("file,label\na.wav\n", "line 2")]
    [InlineData("file,label\na.wav,x,y\n", "line 2")]
    [InlineData("file,label\na.wav,\"never closed\n", "line 2")]
    [InlineData("file,label\n\"a\"b.wav,x\n", "line 2")]
    [InlineData("file,File\na.wav,x\n", "two columns")]
    [InlineData("file,start\na.wav,-1\n", "start='-1'")]
    [InlineData("file,start\na.wav,1e999\n", "start='1e999'")]
    [InlineData("file,duration\na.wav,NaN\n", "duration='NaN'")]
    [InlineData("file,duration\na.wav,\"1,5\"\n", "duration='1,5'")]
    [InlineData("file,label\na.wav,x\na.wav,y\n", "'a.wav' is used twice")]
    public void A_broken_table_is_refused_with_the_place_and_the_value(string text, string expected)
    {
        Touch("a.wav");
        Assert.Contains(expected, Refusal(() => Dataset.FromCsv(Table(text))));
    }

    [Fact]
    public void Bytes_that_are_not_UTF_8_are_refused()
    {
        string path = Path.Combine(folder, "latin.csv");
        File.WriteAllBytes(path, [.. "file\nM"u8, 0xFC, .. "ller.wav\n"u8]);
        Assert.Contains("UTF-8", Refusal(() => Dataset.FromCsv(path)));
    }

    [Fact]
    public void A_cell_without_end_and_a_header_without_end_are_refused_before_they_fill_the_memory()
    {
        string path = Path.Combine(folder, "huge.csv");
        using (var writer = new StreamWriter(path))
        {
            writer.Write("file,label\na.wav,\"");
            for (int i = 0; i < 300; i++) writer.Write(new string('x', 100_000));
        }
        long before = GC.GetTotalAllocatedBytes(precise: true);
        Assert.Contains("line 2", Refusal(() => Dataset.FromCsv(path)));
        Assert.True(GC.GetTotalAllocatedBytes(precise: true) - before < 60_000_000);
        Assert.Contains("columns", Refusal(() => Dataset.FromCsv(Table(string.Concat(Enumerable.Range(0, 2000).Select(i => $"c{i},")) + "file\n"))));
    }

    [Fact]
    public void A_saved_table_is_read_back_to_the_same_items_whatever_their_texts_are()
    {
        string[] hostile = ["plain", "=cmd|'/c calc'!A1", "'=quoted", "''@two", "-1", "+x", "@y", "'", "a,b", "say \"hi\"", "two\nlines", "\ttab", "\rcr", " spaced ", "æøå 🎻", "\uFEFFbom"];
        var items = hostile.Select((text, n) => new Item
        {
            Id = n + text.Replace('\n', ' ').Trim('\t', '\r', '\uFEFF'),
            Source = $"sub/{n}.wav",
            Labels = n % 3 == 0 ? [] : n % 3 == 1 ? [text.Trim()] : [text.Trim(), "second"],
            Group = n % 2 == 0 ? text : null,
            Split = n % 4 == 0 ? "train" : null,
            Start = n * 0.1,
            Duration = n % 2 == 0 ? null : 1.0 / 3,
            Metadata = new Dictionary<string, string> { ["note"] = text, [n % 2 == 0 ? "=even" : "odd, name"] = "y" },
        }).ToArray();
        string path = Path.Combine(folder, "saved.csv");
        new Dataset("d", folder, items).SaveCsv(path, "¦");
        // What a spreadsheet would run as a formula must not be in the file.
        Assert.DoesNotContain(File.ReadAllText(path).Split(',', '\n'), cell => cell.StartsWith('='));
        var read = Dataset.FromCsv(path, new CsvColumns { LabelSeparator = "¦", MissingFiles = MissingFiles.Keep }).Items;
        Assert.Equal(items.Length, read.Count);
        foreach (var (expected, actual) in items.Zip(read))
        {
            Assert.Equal((expected.Id, expected.Source, expected.Group, expected.Split, expected.Start, expected.Duration), (actual.Id, actual.Source, actual.Group, actual.Split, actual.Start, actual.Duration));
            Assert.Equal(expected.Labels, actual.Labels);
            Assert.Equal(expected.Metadata.OrderBy(m => m.Key), actual.Metadata.OrderBy(m => m.Key));
        }
    }

    [Fact]
    public void Saving_refuses_what_could_not_be_read_back()
    {
        Item With(string label, string key) => new() { Id = "a", Source = "a.wav", Labels = [label], Metadata = new Dictionary<string, string> { [key] = "x" } };
        string path = Path.Combine(folder, "saved.csv");
        Assert.Contains("'a|b'", Refusal(() => new Dataset("d", folder, [With("a|b", "note")]).SaveCsv(path)));
        Assert.Contains("'Label'", Refusal(() => new Dataset("d", folder, [With("a", "Label")]).SaveCsv(path)));
        Assert.False(File.Exists(path));
    }
}
