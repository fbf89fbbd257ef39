using System.IO.Compression;
using System.Security.Cryptography;
using SimSearch.Datasets;

namespace SimSearch.Tests;

public sealed class DatasetFetcherTests : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("simsearch-fetch-").FullName;
    private readonly byte[] content = new byte[300_000];

    public DatasetFetcherTests() => new Random(1).NextBytes(content);

    public void Dispose() => Directory.Delete(folder, recursive: true);

    private string Target => Path.Combine(folder, "set");

    private string Part => Path.Combine(folder, "set.download", "file.bin.part");

    private static readonly FetchOptions Quick = new() { Attempts = 3, Pause = TimeSpan.FromMilliseconds(1), Silence = TimeSpan.FromSeconds(20) };

    private static string HashOf(byte[] bytes) => Convert.ToHexStringLower(SHA256.HashData(bytes));

    private static DatasetManifest Manifest(Uri url, long? bytes = null, string? sha256 = null, ArchiveKind archive = ArchiveKind.None, string name = "file.bin") => new()
    {
        Name = "test", Title = "t", Description = "d", Licence = "l", Citation = "c", Homepage = new Uri("https://example.org"), Folder = "test",
        Files = [new ManifestFile { Url = url, Name = name, Bytes = bytes, Sha256 = sha256, Archive = archive }],
    };

    private string Refusal(DatasetManifest manifest, FetchOptions? options = null) => Assert.Throws<SimSearchException>(() => DatasetFetcher.Fetch(manifest, Target, options ?? Quick)).Message;

    private byte[] Fetched() => File.ReadAllBytes(Path.Combine(Target, "file.bin"));

    [Fact]
    public void A_file_is_downloaded_checked_and_not_fetched_twice()
    {
        using var server = TestServer.For(content);
        var manifest = Manifest(server.Url(), content.Length, HashOf(content));
        Assert.False(DatasetFetcher.IsFetched(manifest, Target));
        var seen = new List<Progress>();
        Assert.Equal(Target, DatasetFetcher.Fetch(manifest, Target, Quick, new Recorder(seen.Add)));
        Assert.Equal(content, Fetched());
        Assert.True(DatasetFetcher.IsFetched(manifest, Target));
        Assert.Equal((content.Length, content.Length), (seen[^1].Done, seen[^1].Total));
        Assert.False(Directory.Exists(Target + ".download"));
        DatasetFetcher.Fetch(manifest, Target, Quick);
        Assert.Single(server.Requests);
    }

    [Fact]
    public void A_broken_connection_is_continued_where_it_broke()
    {
        using var server = new TestServer((request, n, stream) => TestServer.SendAsync(stream, request, content, cutAfter: n < 2 ? 100_000 : null));
        DatasetFetcher.Fetch(Manifest(server.Url(), content.Length, HashOf(content)), Target, Quick);
        Assert.Equal(content, Fetched());
        Assert.Equal([null, "bytes=100000-", "bytes=200000-"], server.Requests.Select(r => r.Header("Range")));
        Assert.All(server.Requests.Skip(1), r => Assert.Equal("\"v1\"", r.Header("If-Range")));
    }

    [Fact]
    public void Progress_renews_the_patience_and_standstill_ends_it()
    {
        using var slow = new TestServer((request, n, stream) => TestServer.SendAsync(stream, request, content, cutAfter: 30_000));
        DatasetFetcher.Fetch(Manifest(slow.Url()), Target, Quick);
        Assert.Equal(10, slow.Requests.Count);
        Directory.Delete(Target, recursive: true);
        using var dead = new TestServer((_, _, stream) => TestServer.HeadAsync(stream, "200 OK\r\nETag: \"v1\"\r\nContent-Length: 5"));
        Assert.Contains("after 0 bytes", Refusal(Manifest(dead.Url())));
        Assert.Equal(3, dead.Requests.Count);
    }

    [Fact]
    public void An_interrupted_call_is_continued_by_the_next_one()
    {
        using (var first = new TestServer((request, _, stream) => TestServer.SendAsync(stream, request, content, cutAfter: 100_000)))
        using (var source = new CancellationTokenSource())
        {
            var stopper = new Recorder(p => { if (p.Done >= 100_000) source.Cancel(); });
            Assert.ThrowsAny<OperationCanceledException>(() => DatasetFetcher.Fetch(Manifest(first.Url()), Target, Quick with { Pause = TimeSpan.FromSeconds(30) }, stopper, source.Token));
            Assert.Equal(content[..100_000], File.ReadAllBytes(Part));
            Assert.False(Directory.Exists(Target));
            // The next server must stand at the same address for the part to be believed.
            File.WriteAllText(Part + ".json", File.ReadAllText(Part + ".json").Replace(first.Url().ToString(), "{second}"));
        }
        using var second = TestServer.For(content);
        File.WriteAllText(Part + ".json", File.ReadAllText(Part + ".json").Replace("{second}", second.Url().ToString()));
        DatasetFetcher.Fetch(Manifest(second.Url(), sha256: HashOf(content)), Target, Quick);
        Assert.Equal("bytes=100000-", Assert.Single(second.Requests).Header("Range"));
        Assert.Equal(content, Fetched());
    }

    [Fact]
    public void A_server_that_ignores_ranges_and_one_whose_file_has_changed_start_over()
    {
        using (var ignorant = new TestServer(async (request, n, stream) =>
        {
            await TestServer.HeadAsync(stream, $"200 OK\r\nETag: \"v1\"\r\nContent-Length: {content.Length}");
            await stream.WriteAsync(content.AsMemory(0, n == 0 ? 100_000 : content.Length));
        }))
        {
            DatasetFetcher.Fetch(Manifest(ignorant.Url()), Target, Quick);
            Assert.Equal(content, Fetched());
            Assert.Equal(2, ignorant.Requests.Count);
        }
        Directory.Delete(Target, recursive: true);
        byte[] newer = [.. content.Reverse()];
        using var changed = new TestServer((request, n, stream) => n == 0 ? TestServer.SendAsync(stream, request, content, cutAfter: 100_000) : TestServer.SendAsync(stream, request, newer, "\"v2\""));
        DatasetFetcher.Fetch(Manifest(changed.Url()), Target, Quick);
        Assert.Equal(newer, Fetched());
    }

    [Fact]
    public void A_server_that_sends_the_wrong_part_or_no_mark_of_the_version_cannot_mix_files_up()
    {
        using (var liar = new TestServer(async (request, n, stream) =>
        {
            if (n == 1) await TestServer.HeadAsync(stream, $"206 Partial Content\r\nContent-Range: bytes 5-{content.Length - 1}/{content.Length}\r\nContent-Length: {content.Length - 5}");
            else await TestServer.SendAsync(stream, request, content, cutAfter: n == 0 ? 100_000 : null);
        }))
        {
            DatasetFetcher.Fetch(Manifest(liar.Url()), Target, Quick);
            Assert.Equal(content, Fetched());
        }
        Directory.Delete(Target, recursive: true);
        using var markless = new TestServer(async (_, n, stream) =>
        {
            await TestServer.HeadAsync(stream, $"200 OK\r\nContent-Length: {content.Length}");
            await stream.WriteAsync(content.AsMemory(0, n == 0 ? 100_000 : content.Length));
        });
        DatasetFetcher.Fetch(Manifest(markless.Url()), Target, Quick);
        Assert.Equal(content, Fetched());
        Assert.All(markless.Requests, r => Assert.Null(r.Header("Range")));
    }

    [Fact]
    public void A_whole_part_is_recognised_by_a_server_that_has_no_more_of_it()
    {
        using var server = new TestServer(async (request, n, stream) =>
        {
            // All bytes arrive, but the length that was promised does not.
            if (n == 0)
            {
                await TestServer.HeadAsync(stream, $"200 OK\r\nETag: \"v1\"\r\nContent-Length: {content.Length + 1}");
                await stream.WriteAsync(content);
            }
            else await TestServer.SendAsync(stream, request, content);
        });
        DatasetFetcher.Fetch(Manifest(server.Url(), sha256: HashOf(content)), Target, Quick);
        Assert.Equal(content, Fetched());
    }

    [Fact]
    public void A_wrong_hash_and_a_wrong_size_are_refused_and_leave_nothing()
    {
        using var server = TestServer.For(content);
        string message = Refusal(Manifest(server.Url(), sha256: new string('0', 64)));
        Assert.Contains(HashOf(content), message);
        Assert.Contains(new string('0', 64), message);
        Assert.Contains($"{content.Length} bytes, its manifest says 400000", Refusal(Manifest(server.Url(), bytes: 400_000)));
        Assert.False(Directory.Exists(Target));
        Assert.False(File.Exists(Part));
    }

    [Fact]
    public void Too_long_a_file_is_refused_whether_or_not_its_length_is_announced()
    {
        using var announced = TestServer.For(content);
        Assert.Contains("longer than its 1000 bytes", Refusal(Manifest(announced.Url(), bytes: 1000)));
        Assert.Contains("MaxFileBytes", Refusal(Manifest(announced.Url()), Quick with { MaxFileBytes = 1000 }));
        using var endless = new TestServer(async (_, _, stream) =>
        {
            await TestServer.HeadAsync(stream, "200 OK");
            while (true) await stream.WriteAsync(content);
        });
        Assert.Contains("MaxFileBytes", Refusal(Manifest(endless.Url()), Quick with { MaxFileBytes = 1_000_000 }));
        Assert.False(File.Exists(Part));
    }

    [Fact]
    public void Errors_of_the_server_are_waited_out_and_errors_of_the_request_are_not()
    {
        using var recovering = new TestServer((request, n, stream) => n < 2 ? TestServer.HeadAsync(stream, n == 0 ? "503 Busy\r\nRetry-After: 0\r\nContent-Length: 0" : "500 Oops\r\nContent-Length: 0") : TestServer.SendAsync(stream, request, content));
        DatasetFetcher.Fetch(Manifest(recovering.Url()), Target, Quick);
        Assert.Equal(3, recovering.Requests.Count);
        Directory.Delete(Target, recursive: true);
        using var missing = new TestServer((_, _, stream) => TestServer.HeadAsync(stream, "404 Not Found\r\nContent-Length: 0"));
        Assert.Contains("404 Not Found", Refusal(Manifest(missing.Url())));
        Assert.Single(missing.Requests);
    }

    [Fact]
    public void A_silent_server_is_given_up()
    {
        using var over = new CancellationTokenSource();
        using var silent = new TestServer(async (_, _, stream) =>
        {
            await TestServer.HeadAsync(stream, "200 OK\r\nContent-Length: 10");
            await Task.Delay(Timeout.Infinite, over.Token);
        });
        var clock = System.Diagnostics.Stopwatch.StartNew();
        Assert.Contains("silent", Refusal(Manifest(silent.Url()), Quick with { Silence = TimeSpan.FromMilliseconds(100), Attempts = 2 }));
        // Generous, for busy machines: without the limit it would be for ever.
        Assert.InRange(clock.Elapsed.TotalSeconds, 0.1, 60);
        over.Cancel();
    }

    [Fact]
    public void Redirections_are_followed_to_the_web_only_and_not_for_ever()
    {
        TestServer Redirecting(Func<TestRequest, string?> to) => new((request, _, stream) => to(request) is { } address
            ? TestServer.HeadAsync(stream, $"302 Found\r\nLocation: {address}\r\nContent-Length: 0")
            : TestServer.SendAsync(stream, request, content));
        using (var good = Redirecting(r => r.Path == "/file.bin" ? "/elsewhere" : null))
        {
            DatasetFetcher.Fetch(Manifest(good.Url()), Target, Quick);
            Assert.Equal(["/file.bin", "/elsewhere"], good.Requests.Select(r => r.Path));
        }
        Directory.Delete(Target, recursive: true);
        foreach (string address in new[] { "file:///etc/passwd", "ftp://127.0.0.1/x", "gopher://x/" })
        {
            using var bad = Redirecting(_ => address);
            Assert.Contains("not https", Refusal(Manifest(bad.Url())));
            Assert.Single(bad.Requests);
        }
        using var round = Redirecting(r => r.Path + "x");
        Assert.Contains("redirections", Refusal(Manifest(round.Url())));
        Assert.InRange(round.Requests.Count, 2, 10);
    }

    [Fact]
    public void Without_a_connection_the_message_says_where_to_put_the_file_and_a_file_put_there_is_used()
    {
        Uri nowhere;
        using (var closed = TestServer.For(content)) nowhere = closed.Url();
        string message = Refusal(Manifest(nowhere, sha256: HashOf(content)), Quick with { Attempts = 1 });
        string place = Path.Combine(folder, "set.download", "file.bin");
        Assert.Contains(nowhere.ToString(), message);
        Assert.Contains(place, message);
        File.WriteAllBytes(place, content[1..]);
        Assert.Contains("delete it", Refusal(Manifest(nowhere, sha256: HashOf(content))));
        Assert.True(File.Exists(place));
        File.WriteAllBytes(place, content);
        DatasetFetcher.Fetch(Manifest(nowhere, sha256: HashOf(content)), Target, Quick);
        Assert.Equal(content, Fetched());
    }

    [Fact]
    public void A_target_with_something_else_and_a_fetch_already_running_are_refused()
    {
        using var server = TestServer.For(content);
        Directory.CreateDirectory(Target);
        File.WriteAllText(Path.Combine(Target, "thesis.txt"), "mine");
        Assert.Contains("something other", Refusal(Manifest(server.Url())));
        Directory.Delete(Target, recursive: true);
        Directory.CreateDirectory(Target + ".download");
        using (new FileStream(Path.Combine(Target + ".download", ".lock"), FileMode.Create, FileAccess.ReadWrite, FileShare.None))
            Assert.Contains("another process", Refusal(Manifest(server.Url())));
        Assert.Empty(server.Requests);
    }

    [Fact]
    public void An_archive_becomes_a_data_set_that_opens()
    {
        using var bytes = new MemoryStream();
        using (var zip = new ZipArchive(bytes, ZipArchiveMode.Create, leaveOpen: true))
            foreach (string name in new[] { "fsdd-1.0/README.md", "fsdd-1.0/recordings/3_theo_7.wav" })
                using (zip.CreateEntry(name).Open()) { }
        using var server = TestServer.For(bytes.ToArray());
        var manifest = Manifest(server.Url("/a.zip"), archive: ArchiveKind.Zip, name: "a.zip") with { Layout = DatasetLayout.Fsdd };
        Assert.Contains("fetch it first", Assert.Throws<SimSearchException>(() => manifest.Open(Target)).Message);
        var set = manifest.Open(DatasetFetcher.Fetch(manifest, Target, Quick));
        Assert.Equal(("recordings/3_theo_7.wav", "3", "theo"), (set.Items[0].Id, set.Items[0].Label, set.Items[0].Group));
    }

    [Fact]
    public void A_hostile_archive_leaves_no_target()
    {
        using var bytes = new MemoryStream();
        using (var zip = new ZipArchive(bytes, ZipArchiveMode.Create, leaveOpen: true))
            foreach (string name in new[] { "good.wav", "../evil.wav" })
                using (zip.CreateEntry(name).Open()) { }
        using var server = TestServer.For(bytes.ToArray());
        Assert.Contains("../evil.wav", Refusal(Manifest(server.Url("/a.zip"), archive: ArchiveKind.Zip, name: "a.zip")));
        Assert.False(Directory.Exists(Target));
        Assert.False(Directory.Exists(Path.Combine(Target + ".download", "unpacked")));
        Assert.False(File.Exists(Path.Combine(folder, "evil.wav")));
    }

    private sealed class Recorder(Action<Progress> report) : IProgress<Progress>
    {
        public void Report(Progress value) => report(value);
    }
}
