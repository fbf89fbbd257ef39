using SimSearch.Audio;
using SimSearch.Datasets;
using SimSearch.Tests.Support;

namespace SimSearch.Tests;

public sealed class DatasetLoaderTests : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("simsearch-loader-").FullName;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    private string Write(string name, string text = "")
    {
        string path = Path.Combine(folder, name);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllText(path, text);
        return path;
    }

    private void WriteEsc50(string under = "")
    {
        Write(under + "meta/esc50.csv", "filename,fold,target,category,esc10,src_file,take\n1-100032-A-0.wav,1,0,dog,True,100032,A\n2-100038-A-14.wav,2,14,chirping_birds,False,100038,A\n");
        Write(under + "audio/1-100032-A-0.wav");
        Write(under + "audio/2-100038-A-14.wav");
    }

    [Fact]
    public void ESC_50_is_read_from_the_layout_of_its_repository()
    {
        WriteEsc50();
        var set = EscDataset.LoadEsc50(folder);
        var dog = set["audio/1-100032-A-0.wav"];
        Assert.Equal(("dog", "1", "100032", "A", "0"), (dog.Label, dog.Group, dog.Metadata["src_file"], dog.Metadata["take"], dog.Metadata["target"]));
        Assert.True(File.Exists(set.PathOf(dog)));
        Assert.Equal(["dog"], EscDataset.LoadEsc10(folder).Items.Select(i => i.Label));
    }

    [Fact]
    public void A_folder_of_FSDD_is_read_from_its_file_names()
    {
        foreach (string name in new[] { "0_george_0.wav", "0_george_5.wav", "9_theo_49.wav", "notes.txt", "x_y_z.wav" }) Write("recordings/" + name);
        var set = FsddDataset.Load(folder);
        Assert.Equal([("0", "george", "test"), ("0", "george", "train"), ("9", "theo", "train")], set.Items.Select(i => (i.Label, i.Group, i.Split)));
        Assert.Equal(3, FsddDataset.Load(Path.Combine(folder, "recordings")).Count);
        Assert.Contains("7_jackson_32.wav", Assert.Throws<SimSearchException>(() => FsddDataset.Load(Path.Combine(folder, "nowhere"))).Message);
    }

    [Fact]
    public void Layouts_are_recognised_also_inside_the_folder_that_an_archive_unpacks_to()
    {
        WriteEsc50("ESC-50-master/");
        Assert.Equal("esc50", DatasetLoader.Open(folder).Name);
        Assert.Equal("esc50", DatasetLoader.Open(Path.Combine(folder, "ESC-50-master")).Name);
    }

    [Fact]
    public void A_synthetic_set_is_recognised_with_its_folds()
    {
        Dataset.Synthetic(folder, new SyntheticOptions { ItemsPerClass = 2, MinSeconds = 0.5, MaxSeconds = 0.5, Classes = ["bell", "wind"] });
        var set = DatasetLoader.Open(folder);
        Assert.Equal(("synthetic", 4, 2), (set.Name, set.Count, set.Groups.Count));
    }

    [Fact]
    public void Class_folders_tables_and_single_files_are_opened()
    {
        string wav = Write("dog/a.wav");
        Assert.Equal(["dog/a.wav"], DatasetLoader.Open(folder).Items.Select(i => i.Id));
        Assert.Equal("a", DatasetLoader.Open(wav).Name);
        string table = Write("list.csv", "clip,kind\ndog/a.wav,dog\n");
        Assert.Equal("dog", DatasetLoader.Open(table, new() { Columns = new() { File = "clip", Label = "kind" } }).Items[0].Label);
        string tabs = Write("elsewhere/list.tsv", "file\tlabel\na.wav\tdog\n");
        Assert.Equal("dog", DatasetLoader.Open(tabs, new() { Root = Path.Combine(folder, "dog") }).Items[0].Label);
    }

    [Fact]
    public void What_is_no_data_set_is_refused_with_what_would_be_one()
    {
        Assert.Contains("nowhere", Assert.Throws<SimSearchException>(() => DatasetLoader.Open(Path.Combine(folder, "nowhere"))).Message);
        Assert.Contains("sub-folder", Assert.Throws<SimSearchException>(() => DatasetLoader.Open(folder)).Message);
        Assert.Contains(".wav", Assert.Throws<SimSearchException>(() => DatasetLoader.Open(Write("a.exe"))).Message);
    }

    [Fact]
    public void The_real_ESC_10_has_40_clips_a_class_and_no_source_in_two_folds()
    {
        var set = DatasetLoader.Open(Path.GetDirectoryName(SharedData.Data("audio/esc10/esc10.csv"))!);
        Assert.Equal(("esc10", 400, 10, 5), (set.Name, set.Count, set.Labels.Count, set.Groups.Count));
        Assert.All(set.CountsByLabel.Values, n => Assert.Equal(40, n));
        Assert.All(set.Items.GroupBy(i => i.Metadata["src_file"]), g => Assert.Single(g.Select(i => i.Group).Distinct()));
        Assert.All(set.LeaveOneGroupOut(), s => Assert.True(LeakageCheck.Find(s.Train, s.Test).IsClean));
    }

    [Fact]
    public void The_real_FSDD_has_its_official_split_and_six_speakers()
    {
        string root = Path.GetDirectoryName(SharedData.Data("audio/fsdd/fsdd.csv"))!;
        var set = DatasetLoader.Open(root);
        Assert.Equal(("fsdd", 3000, 10, 6), (set.Name, set.Count, set.Labels.Count, set.Groups.Count));
        Assert.Equal((2700, 300), (set.SplitByColumn().Train.Count, set.SplitByColumn().Test.Count));
        // The table beside the files says the same as their names.
        var table = Dataset.FromCsv(Path.Combine(root, "fsdd.csv"), new CsvColumns { Label = "digit" });
        Assert.All(table.Items, t => Assert.Equal((t.Label, t.Group, t.Split), (set[t.Id].Label, set[t.Id].Group, set[t.Id].Split)));
    }
}
