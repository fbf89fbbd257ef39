using SimSearch.Datasets;

namespace SimSearch.Tests;

public sealed class DatasetFolderTests : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("simsearch-folder-").FullName;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    private void Touch(params string[] names)
    {
        foreach (string name in names)
        {
            Directory.CreateDirectory(Path.GetDirectoryName(Path.Combine(folder, name))!);
            File.WriteAllText(Path.Combine(folder, name), "");
        }
    }

    [Fact]
    public void The_first_folder_below_the_root_is_the_class_and_the_order_is_ordinal()
    {
        Touch("dog/b.wav", "dog/A.WAV", "dog/deep/er/c.flac", "cat/a.ogg", "top.wav", "dog/notes.txt", "Cat/z.mp3");
        var set = Dataset.FromFolder(folder);
        Assert.Equal(["Cat/z.mp3", "cat/a.ogg", "dog/A.WAV", "dog/b.wav", "dog/deep/er/c.flac", "top.wav"], set.Items.Select(i => i.Id));
        Assert.Equal(["Cat", "cat", "dog", "dog", "dog", null], set.Items.Select(i => i.Label));
        Assert.Equal(Path.GetFileName(folder), set.Name);
        Assert.Equal([("Cat", 1), ("cat", 1), ("dog", 3)], set.CountsByLabel.Select(c => (c.Key, c.Value)));
        Assert.Equal(Path.Combine(folder, "cat", "a.ogg"), set.PathOf(set["cat/a.ogg"]));
    }

    [Fact]
    public void Hidden_files_and_folders_are_left_out()
    {
        Touch("dog/.hidden.wav", ".git/a.wav", "dog/a.wav", "dog/._a.wav");
        Assert.Equal(["dog/a.wav"], Dataset.FromFolder(folder).Items.Select(i => i.Id));
    }

    [Fact]
    public void Other_files_count_when_the_caller_says_so()
    {
        Touch("dog/a.txt", "dog/b.wav");
        Assert.Equal(["dog/a.txt"], Dataset.FromFolder(folder, p => p.EndsWith(".txt")).Items.Select(i => i.Id));
    }

    [Fact]
    public void Linked_folders_are_followed_once_and_loops_end()
    {
        Touch("dog/a.wav");
        Directory.CreateSymbolicLink(Path.Combine(folder, "dog", "self"), folder);
        Directory.CreateSymbolicLink(Path.Combine(folder, "dog", "up"), Path.Combine(folder, "dog"));
        Directory.CreateSymbolicLink(Path.Combine(folder, "wolf"), Path.Combine(folder, "dog"));
        string outside = Directory.CreateTempSubdirectory("simsearch-outside-").FullName;
        try
        {
            File.WriteAllText(Path.Combine(outside, "b.wav"), "");
            Directory.CreateSymbolicLink(Path.Combine(folder, "owl"), outside);
            Assert.Equal(["dog/a.wav", "owl/b.wav"], Dataset.FromFolder(folder).Items.Select(i => i.Id));
        }
        finally { Directory.Delete(outside, recursive: true); }
    }

    [Fact]
    public void A_broken_link_is_an_error_that_names_it()
    {
        Touch("dog/a.wav");
        File.CreateSymbolicLink(Path.Combine(folder, "dog", "b.wav"), Path.Combine(folder, "nowhere.wav"));
        Assert.Contains("dog/b.wav", Assert.Throws<SimSearchException>(() => Dataset.FromFolder(folder)).Message);
    }

    [Fact]
    public void Names_with_control_characters_get_ids_that_can_be_printed()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Windows has no such names");
        Touch("dog/a\u001b[31m.wav", "dog/two\nlines.wav", "dog/\u202Egnp.wav");
        var set = Dataset.FromFolder(folder);
        Assert.Equal(["dog/a%1B[31m.wav", "dog/two%0Alines.wav", "dog/%202Egnp.wav"], set.Items.Select(i => i.Id));
        Assert.All(set.Items, i => Assert.True(File.Exists(set.PathOf(i))));
    }

    [Fact]
    public void No_folder_and_no_file_are_named()
    {
        Assert.Contains("nowhere", Assert.Throws<SimSearchException>(() => Dataset.FromFolder(Path.Combine(folder, "nowhere"))).Message);
        Assert.Contains("nowhere.wav", Assert.Throws<SimSearchException>(() => Dataset.FromFiles([Path.Combine(folder, "nowhere.wav")])).Message);
        Assert.Equal(0, Dataset.FromFolder(folder).Count);
    }

    [Fact]
    public void A_list_of_files_keeps_its_order_and_refuses_doubles()
    {
        Touch("b.wav", "a.wav");
        string a = Path.Combine(folder, "a.wav"), b = Path.Combine(folder, "b.wav");
        var set = Dataset.FromFiles([b, a]);
        Assert.Equal([b, a], set.Items.Select(set.PathOf));
        Assert.All(set.Items, i => Assert.Empty(i.Labels));
        Assert.Contains("used twice", Assert.Throws<SimSearchException>(() => Dataset.FromFiles([a, a])).Message);
    }

    [Fact]
    public void Where_keeps_order_and_root_and_an_unknown_id_is_named()
    {
        Touch("dog/a.wav", "cat/b.wav", "dog/c.wav");
        var dogs = Dataset.FromFolder(folder).Where(i => i.Label == "dog");
        Assert.Equal(["dog/a.wav", "dog/c.wav"], dogs.Items.Select(i => i.Id));
        Assert.Equal(folder, dogs.Root);
        Assert.Null(dogs.Find("cat/b.wav"));
        Assert.Contains("'cat/b.wav'", Assert.Throws<SimSearchException>(() => dogs["cat/b.wav"]).Message);
    }
}
