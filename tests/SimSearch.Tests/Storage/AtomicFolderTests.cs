using SimSearch.Storage;

namespace SimSearch.Tests;

public sealed class AtomicFolderTests : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("simsearch-folder-").FullName;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    private string Target => Path.Combine(folder, "target");

    private void Write(string content, Action? fail = null) => AtomicFolder.Write(Target, name => name is "a" or "b", temporary =>
    {
        File.WriteAllText(Path.Combine(temporary, "a"), content);
        fail?.Invoke();
        File.WriteAllText(Path.Combine(temporary, "b"), content);
    });

    [Fact]
    public void A_folder_is_made_and_replaced_and_nothing_is_left_beside_it()
    {
        Write("one");
        Write("two");
        Assert.Equal(["two", "two"], Directory.GetFiles(Target).Order().Select(File.ReadAllText));
        Assert.Equal([Target], Directory.GetFileSystemEntries(folder));
    }

    [Fact]
    public void A_failure_in_the_middle_leaves_the_old_folder()
    {
        Write("one");
        Assert.Throws<IOException>(() => Write("two", () => throw new IOException("disk full")));
        Assert.Equal(["one", "one"], Directory.GetFiles(Target).Order().Select(File.ReadAllText));
        Assert.Equal([Target], Directory.GetFileSystemEntries(folder));
    }

    [Fact]
    public void A_folder_with_something_else_in_it_is_left_alone()
    {
        Directory.CreateDirectory(Target);
        File.WriteAllText(Path.Combine(Target, "thesis.tex"), "years of work");
        Assert.Contains("thesis.tex", Assert.Throws<SimSearchException>(() => Write("one")).Message);
        Assert.Equal("years of work", File.ReadAllText(Path.Combine(Target, "thesis.tex")));
        Assert.Single(Directory.GetFileSystemEntries(Target));
    }

    [Fact]
    public void A_file_that_appears_during_the_writing_is_not_lost()
    {
        Write("one");
        Assert.Throws<SimSearchException>(() => Write("two", () => File.WriteAllText(Path.Combine(Target, "notes"), "mine")));
        Assert.Equal("mine", File.ReadAllText(Path.Combine(Target, "notes")));
    }

    [Fact]
    public async Task The_folder_is_there_at_every_moment_of_a_replacement()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "only Linux can exchange two folders in one step");
        Write("0");
        using var started = new ManualResetEventSlim();
        using var stop = new CancellationTokenSource();
        var reader = Task.Run(() =>
        {
            try
            {
                while (!stop.IsCancellationRequested)
                {
                    Assert.True(Directory.Exists(Target));
                    started.Set();
                }
            }
            finally { started.Set(); } // a reader that fails at once must not leave the writer waiting
        });
        started.Wait();
        for (int i = 1; i <= 50; i++) Write($"{i}");
        await stop.CancelAsync();
        await reader;
    }
}
