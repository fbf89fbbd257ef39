using SimSearch.Tests.Support;

namespace SimSearch.Onnx.Tests;

public sealed class AvailableMemoryTests : IDisposable
{
    private readonly string root = Directory.CreateTempSubdirectory("onnx-memory-").FullName;

    public void Dispose() => Directory.Delete(root, recursive: true);

    private long? Of(string? meminfo, string? groups, params (string File, string Text)[] files)
    {
        if (Directory.Exists(root)) Directory.Delete(root, recursive: true);
        foreach (var (file, text) in (ReadOnlySpan<(string, string?)>)[("proc/meminfo", meminfo), ("proc/self/cgroup", groups), .. files])
        {
            if (text is null) continue;
            Directory.CreateDirectory(Path.GetDirectoryName(Path.Combine(root, file))!);
            File.WriteAllText(Path.Combine(root, file), text);
        }
        Directory.CreateDirectory(root);
        return AvailableMemory.Of(Path.Combine(root, "proc"), Path.Combine(root, "groups"));
    }

    private const string Machine = "MemTotal:       16000 kB\nMemFree:         1000 kB\nMemAvailable:    8000 kB\n";

    [Fact]
    public void The_least_of_machine_and_containers_counts()
    {
        Assert.Equal(8000 * 1024, Of(Machine, null));
        Assert.Equal(8000 * 1024, Of(Machine, "0::/\n"));
        // Version 2: the group's own limit, and that of the one above it; cached files count as free.
        Assert.Equal(1_000_000, Of(Machine, "0::/pod/box\n", ("groups/pod/box/memory.max", "3000000\n"), ("groups/pod/box/memory.current", "2500000\n"), ("groups/pod/box/memory.stat", "anon 1\ninactive_file 500000\n")));
        Assert.Equal(300, Of(Machine, "0::/pod/box\n", ("groups/pod/box/memory.max", "max\n"), ("groups/pod/box/memory.current", "5\n"), ("groups/pod/memory.max", "1000"), ("groups/pod/memory.current", "700")));
        // In a container its path is often that of the host, and only the root is there.
        Assert.Equal(400, Of(Machine, "0::/../kubepods/x\n", ("groups/memory.max", "1000"), ("groups/memory.current", "600")));
        // Version 1, where no limit is a number near 2^63.
        Assert.Equal(90, Of(Machine, "5:devices:/\n4:cpu,memory:/a\n", ("groups/memory/a/memory.limit_in_bytes", "100"), ("groups/memory/a/memory.usage_in_bytes", "30"), ("groups/memory/a/memory.stat", "total_inactive_file 20\n")));
        Assert.Equal(8000 * 1024, Of(Machine, "4:memory:/\n", ("groups/memory/memory.limit_in_bytes", "9223372036854771712"), ("groups/memory/memory.usage_in_bytes", "30")));
        // Over its limit: nothing is left.
        Assert.Equal(0, Of(Machine, "0::/\n", ("groups/memory.max", "100"), ("groups/memory.current", "700")));
    }

    [Fact]
    public void What_says_nothing_limits_nothing()
    {
        Assert.Null(Of(null, null));
        Assert.Null(Of("nonsense", "0:\n::\n:memory\n4:memory:no/slash\n\n", ("groups/memory.max", "lots"), ("groups/memory.current", "-1")));
        Assert.InRange(AvailableMemory.Bytes, 1, 1L << 50);
    }

    [Fact]
    public void A_run_whose_open_inputs_times_the_factor_are_more_than_is_free_does_not_begin()
    {
        // 4,000 bytes, times 2^31: more than any machine has.
        var strict = OnnxSessionOptions.SingleThread with { Limits = new() { RunFactor = int.MaxValue } };
        byte[] model = TinyModel.Unary("Neg", TinyModel.Float, "n"), closed = TinyModel.Unary("Neg", TinyModel.Float, 1000);
        using var x = OnnxTensor.Create<float>(1000);
        using var y = OnnxTensor.Create<float>(1000);
        using (var session = OnnxSession.FromBytes(model, strict))
        {
            string message = Assert.Throws<OnnxTensorException>(() => session.Run([("x", x)])).Message;
            foreach (string part in (string[])["0.0 MB", "2147483647 times", "are free", "less at once"]) Assert.Contains(part, message);
            Assert.Throws<OnnxTensorException>(() => session.Bind([("x", x)], [("y", y)]));
        }
        // Sizes that the model states itself were checked when it was loaded; 0 is no limit; the default stands in nobody's way.
        foreach (var (bytes, options) in ((byte[], OnnxSessionOptions)[])[(closed, strict), (model, strict with { Limits = new() { RunFactor = 0 } }), (model, OnnxSessionOptions.SingleThread)])
        {
            using var session = OnnxSession.FromBytes(bytes, options);
            using var results = session.Run([("x", x)]);
            Assert.Equal(1000, results["y"].Count);
        }
        Assert.Throws<ArgumentOutOfRangeException>(() => OnnxSession.FromBytes(model, strict with { Limits = new() { RunFactor = -1 } }));
    }
}
