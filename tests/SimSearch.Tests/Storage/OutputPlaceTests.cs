using SimSearch.Embedding;
using SimSearch.Storage;

namespace SimSearch.Tests;

/// <summary>What cannot be written is said before the work, by rule, and asking leaves nothing behind.</summary>
public sealed class OutputPlaceTests : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("simsearch-place").FullName;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    private string At(string name) => Path.Combine(folder, name);

    private static string Refused(Action check) => Assert.Throws<SimSearchException>(check).Message;

    [Fact]
    public void A_place_that_can_be_written_stays_as_it_was()
    {
        File.WriteAllText(At("old.csv"), "old");
        OutputPlace.CheckFile(At("old.csv"));
        OutputPlace.CheckFile(At("new/deep/er.csv"));
        OutputPlace.CheckFolder(folder);
        OutputPlace.CheckFolder(At("site"));
        Embeddings.CheckSave(At("e"));
        Assert.Equal([At("old.csv")], Directory.EnumerateFileSystemEntries(folder, "*", new EnumerationOptions { AttributesToSkip = 0, RecurseSubdirectories = true }));
        Assert.Equal("old", File.ReadAllText(At("old.csv")));
    }

    [Fact]
    public void Every_obstacle_is_named_with_its_rule()
    {
        File.WriteAllText(At("file"), "");
        Directory.CreateDirectory(At("full"));
        File.WriteAllText(At("full/thesis.txt"), "");
        Assert.Contains("is a folder", Refused(() => OutputPlace.CheckFile(folder)));
        Assert.Contains("is a folder", Refused(() => OutputPlace.CheckFile(At("new") + Path.DirectorySeparatorChar)));
        Assert.Contains($"'{At("file")}' is a file, so nothing can lie in it", Refused(() => OutputPlace.CheckFile(At("file/a/b.csv"))));
        Assert.Contains("is a file, so nothing", Refused(() => OutputPlace.CheckFolder(At("file/a"))));
        Assert.Contains("is a file, and a folder", Refused(() => OutputPlace.CheckFolder(At("file"))));
        Assert.Contains("holds 'thesis.txt'", Refused(() => Embeddings.CheckSave(At("full"))));
        Assert.Contains("is a file", Refused(() => Embeddings.CheckSave(At("file"))));
        Assert.Contains("too long", Refused(() => OutputPlace.CheckFile(At(new string('n', 300)))));
        Assert.Contains(" MB left", Refused(() => OutputPlace.CheckFile(At("huge.npy"), long.MaxValue / 2)));
        Assert.Contains("root of a drive", Refused(() => Embeddings.CheckSave(Path.GetPathRoot(folder)!)));
    }

    [Fact]
    public void Where_nobody_may_write_is_refused()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "/proc and /dev are Linux's");
        // Not even root may put a file there.
        Assert.Contains("nothing can be written in '/proc", Refused(() => OutputPlace.CheckFile("/proc/x.csv")));
        Assert.Contains("nothing can be written in '/proc", Refused(() => Embeddings.CheckSave("/proc/embeddings")));
        Assert.Contains("is a device", Refused(() => OutputPlace.CheckFile("/dev/null")));
        Assert.True(File.Exists("/dev/null"));
    }
}
