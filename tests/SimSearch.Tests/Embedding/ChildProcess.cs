using System.Diagnostics;
using SimSearch.Audio;
using SimSearch.Datasets;
using SimSearch.Embedding;
using SimSearch.Learning;
using SimSearch.Tests.Support;

namespace SimSearch.Tests;

/// <summary>Runs a method of <see cref="ChildWork"/> in a process of its own, by starting this very test program again.</summary>
public sealed class ChildProcess : IDisposable
{
    internal const string ArgumentVariable = "SIMSEARCH_TEST_CHILD";
    private readonly Process process;
    private readonly Task<string> output;

    private ChildProcess(string method, string? argument)
    {
        string program = typeof(ChildProcess).Assembly.Location;
        var start = new ProcessStartInfo(Environment.ProcessPath!) { RedirectStandardOutput = true, RedirectStandardError = true };
        // The test program is its own executable; under another host its assembly is named to dotnet.
        if (Path.GetFileNameWithoutExtension(Environment.ProcessPath!) == "dotnet") start.ArgumentList.Add(program);
        foreach (string part in (string[])["-method", $"{typeof(ChildWork).FullName}.{method}", "-explicit", "only", "-showLiveOutput"]) start.ArgumentList.Add(part);
        start.Environment[ArgumentVariable] = argument ?? "run";
        process = Process.Start(start)!;
        output = process.StandardOutput.ReadToEndAsync();
        process.ErrorDataReceived += (_, _) => { };
        process.BeginErrorReadLine();
    }

    public static ChildProcess Start(string method, string? argument) => new(method, argument);

    public static ChildProcess Run(string method, string? argument)
    {
        var child = Start(method, argument);
        Assert.True(child.process.WaitForExit(300_000), "the child process did not end within five minutes");
        Assert.True(child.process.ExitCode == 0, child.Output);
        return child;
    }

    public string Output => output.Result;

    public bool HasExited => process.HasExited;

    /// <summary>Ends it without warning, as kill -9 does.</summary>
    public void Kill()
    {
        process.Kill();
        process.WaitForExit();
    }

    public void Dispose()
    {
        if (!process.HasExited) Kill(); // a test that failed must not leave it behind
        process.Dispose();
    }
}

/// <summary>What tests want done in a process of its own.</summary>
public sealed class ChildWork
{
    private static string Argument
    {
        get
        {
            string? argument = Environment.GetEnvironmentVariable(ChildProcess.ArgumentVariable);
            Assert.SkipUnless(argument is not null, "only does something when another test starts it");
            return argument!;
        }
    }

    [Fact(Explicit = true)]
    public void Print_fingerprints()
    {
        _ = Argument;
        foreach (string name in AudioEmbedders.Names) TestContext.Current.TestOutputHelper!.WriteLine($"{name} {AudioEmbedders.Create(name).Fingerprint}");
    }

    /// <summary>Embeds the sounds of a folder and stands still for ever once so many items are done; argument: "items folder".</summary>
    [Fact(Explicit = true)]
    public void Embed_a_folder()
    {
        string[] parts = Argument.Split(' ', 2);
        int standstill = int.Parse(parts[0]);
        var options = new EmbedOptions { CacheFolder = Path.Combine(parts[1], "cache"), Threads = 2 };
        DatasetEmbedding.Run(Dataset.FromFolder(Path.Combine(parts[1], "sounds")), AudioEmbedders.Create("mfcc-stats"), options, new StandStill(standstill)).Embeddings.Dispose();
    }

    /// <summary>Trains with a checkpoint after every epoch, going on from the last; writes the hash of the model beside it. Argument: the checkpoint's path.</summary>
    [Fact(Explicit = true)]
    public void Learn_until_killed()
    {
        using var learner = new MetricLearner(LearningSets.Store(LearningSets.TinyFeatures), LearningSets.Tiny with { Epochs = 60 }, new() { Checkpoint = Argument, CheckpointSeconds = 0, Resume = true });
        // Slow enough to be killed in the middle on any machine.
        byte[] model = learner.Train(new LearnerTests.Hook(_ => Thread.Sleep(10)));
        File.WriteAllText(Argument + ".result", Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(model)));
    }

    private sealed class StandStill(int items) : IProgress<Progress>
    {
        public void Report(Progress value)
        {
            if (value.Done >= items) Thread.Sleep(Timeout.Infinite);
        }
    }
}
