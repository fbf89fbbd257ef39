using SimSearch.Storage;

namespace SimSearch.Tests;

public sealed class LeftoversTests : IDisposable
{
    private const string Id = "0123456789abcdef0123456789abcdef";
    private readonly string folder = Directory.CreateTempSubdirectory("simsearch-leftovers-").FullName;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    private string At(string name) => Path.Combine(folder, name);

    private void Old(string name, bool isFolder = false)
    {
        if (isFolder)
        {
            Directory.CreateDirectory(At(name));
            File.WriteAllText(Path.Combine(At(name), "vectors.npy"), "half");
            File.SetLastWriteTimeUtc(Path.Combine(At(name), "vectors.npy"), DateTime.UtcNow.AddDays(-2));
            Directory.SetLastWriteTimeUtc(At(name), DateTime.UtcNow.AddDays(-2));
        }
        else
        {
            File.WriteAllText(At(name), "half");
            File.SetLastWriteTimeUtc(At(name), DateTime.UtcNow.AddDays(-2));
        }
    }

    [Fact]
    public void A_write_removes_what_a_killed_one_left_days_ago()
    {
        Old($".a.wav.{Id}.tmp");
        Old($".index.{Id}.tmp", isFolder: true);
        AtomicFile.WriteText(At("b.txt"), "b");
        Assert.Equal([At("b.txt")], Directory.GetFileSystemEntries(folder));
    }

    [Fact]
    public void What_may_still_be_in_use_or_is_none_of_ours_stays()
    {
        string[] kept = [".notes.tmp", $"a.{Id}.tmp", $".a.wav.{Id}.tmp.old", $".a.wav.{Id[..31]}.tmp", "plain.tmp"];
        foreach (string name in kept) Old(name);
        File.WriteAllText(At($".fresh.wav.{Id}.tmp"), "half");
        // A folder whose files are still being written, though none was added for long.
        Old($".busy.{Id}.tmp", isFolder: true);
        File.WriteAllText(Path.Combine(At($".busy.{Id}.tmp"), "vectors.npy"), "more");
        Leftovers.Sweep(folder, DateTime.UtcNow.AddDays(-1));
        Assert.Equal(kept.Append($".fresh.wav.{Id}.tmp").Append($".busy.{Id}.tmp").Select(At).Order(), Directory.GetFileSystemEntries(folder).Order());
    }

    [Fact]
    public void A_temporary_name_is_one_that_is_swept()
    {
        string name = Leftovers.TemporaryName(At("x.npy"));
        Assert.Equal(folder, Path.GetDirectoryName(name));
        Old(Path.GetFileName(name));
        Leftovers.Sweep(folder, DateTime.UtcNow.AddDays(-1));
        Assert.Empty(Directory.GetFileSystemEntries(folder));
    }

    [Fact]
    public void A_folder_that_is_not_there_is_no_error() => Leftovers.Sweep(At("none"), DateTime.UtcNow);
}
