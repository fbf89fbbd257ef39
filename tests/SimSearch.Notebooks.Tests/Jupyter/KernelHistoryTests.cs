using System.Text.Json;

namespace SimSearch.Notebooks.Tests;

/// <summary>The history of several sessions, on disk.</summary>
public sealed class KernelHistoryTests : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("history-").FullName;
    private readonly List<string> log = [];
    private int sessions;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    // Sessions of one process in one millisecond would share a file; people take longer.
    private void Session(params string[] cells)
    {
        using var store = new HistoryStore(folder, log.Add);
        for (int i = 0; i < cells.Length; i++) store.Add(i + 1, cells[i], null);
        foreach (string file in Directory.GetFiles(folder).Where(f => !Path.GetFileName(f).StartsWith("2000", StringComparison.Ordinal)))
            File.Move(file, Path.Combine(folder, $"20000101-{++sessions:000000000}-1.jsonl"));
    }

    private string[] Ask(KernelHistory history, string request) =>
        [.. history.Answer(JsonElement.Parse(request))["history"]!.AsArray().Select(row => $"{row![0]}.{row[1]} {row[2]}")];

    [Fact]
    public void Earlier_sessions_are_found_by_tail_range_and_pattern()
    {
        Session("var a = 1;", "a + 1");
        Session("Grüße 😀\n\"quoted\"");
        using var store = new HistoryStore(folder, log.Add);
        var history = new KernelHistory(store);
        history.Add(1, "a + 2", "3");
        Assert.Equal(["2.1 Grüße 😀\n\"quoted\"", "3.1 a + 2"], Ask(history, """{"hist_access_type":"tail","n":2}"""));
        Assert.Equal(["1.1 var a = 1;", "1.2 a + 1", "3.1 a + 2"], Ask(history, """{"hist_access_type":"search","pattern":"*a*"}"""));
        Assert.Equal(["2.1 Grüße 😀\n\"quoted\""], Ask(history, """{"hist_access_type":"range","session":-1,"start":1,"stop":9}"""));
        Assert.Equal(["1.2 a + 1"], Ask(history, """{"hist_access_type":"range","session":1,"start":2,"stop":3}"""));
        Assert.Equal(["3.1 a + 2"], Ask(history, """{"hist_access_type":"range","session":0,"start":0,"stop":3}"""));
        Assert.Equal(["3.1 a + 2"], Ask(history, """{"hist_access_type":"range","session":3,"start":0,"stop":3}"""));
        Assert.Empty(log);
    }

    [Fact]
    public void What_cannot_be_read_is_passed_over_and_what_is_too_long_is_left_out()
    {
        Session("good");
        File.WriteAllText(Path.Combine(folder, $"20000101-{++sessions:000000000}-1.jsonl"), "[1,\"cut o\n{}\n[1]\n[\"x\",\"y\",null]\n\0\n[2,\"kept\",7]\n" + new string('[', 100_000));
        Session(new string('x', 200_000), "short");
        using var store = new HistoryStore(folder, log.Add);
        Assert.Equal(["1.1 good", "2.2 kept", "3.2 short"], Ask(new KernelHistory(store), """{"hist_access_type":"tail"}"""));
    }

    [Fact]
    public void The_oldest_sessions_make_room_and_the_files_are_their_owners_alone()
    {
        for (int i = 0; i < 103; i++) Session($"cell {i}");
        Assert.Equal(100, Directory.GetFiles(folder).Length);
        using var store = new HistoryStore(folder, log.Add);
        Assert.Equal("cell 3", store.Earlier().Entries[0].Code);
        if (OperatingSystem.IsWindows()) return;
        foreach (string file in Directory.GetFiles(folder)) Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(file));
    }

    [Fact]
    public void Without_a_disk_the_session_is_remembered_all_the_same()
    {
        string file = Path.Combine(folder, "no-folder");
        File.WriteAllText(file, "");
        using var store = new HistoryStore(Path.Combine(file, "below"), log.Add);
        var history = new KernelHistory(store);
        history.Add(1, "one", null);
        history.Add(2, "two", null);
        Assert.Equal(["1.1 one", "1.2 two"], Ask(history, """{"hist_access_type":"tail"}"""));
        Assert.Contains("not kept", Assert.Single(log));
    }

    [Fact]
    public void Two_kernels_side_by_side_keep_what_is_theirs()
    {
        using var first = new HistoryStore(folder, log.Add);
        first.Add(1, "first", null);
        Thread.Sleep(2); // the next session has another name
        using var second = new HistoryStore(folder, log.Add);
        second.Add(1, "second", null);
        first.Add(2, "first again", null);
        var (entries, session) = second.Earlier();
        Assert.Equal(["first", "first again"], entries.Select(e => e.Code));
        Assert.Equal(2, session);
        Assert.Empty(log);
    }
}
