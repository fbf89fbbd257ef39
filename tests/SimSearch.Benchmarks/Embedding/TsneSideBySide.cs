using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using SimSearch.Embedding;
using SimSearch.Storage;

namespace SimSearch.Benchmarks;

/// <summary>t-SNE of the same vectors by this library and by scikit-learn, one after the other in one run: time, cost and trustworthiness.</summary>
internal static class TsneSideBySide
{
    internal static void Run(string[] args)
    {
        int n = args.Length > 0 ? int.Parse(args[0], CultureInfo.InvariantCulture) : 10_000, d = args.Length > 1 ? int.Parse(args[1], CultureInfo.InvariantCulture) : 64;
        int threads = args.Length > 2 ? int.Parse(args[2], CultureInfo.InvariantCulture) : 2;
        string folder = Directory.CreateTempSubdirectory("simsearch-tsne-").FullName;
        try
        {
            using var vectors = VectorMatrix.FromArray(Clouds(n, d), d);
            vectors.SaveNpy(Path.Combine(folder, "x.npy"));
            Tsne.Fit(VectorMatrix.FromArray(Clouds(500, d), d), new TsneOptions { Iterations = 100 }); // compiles
            using var process = Process.GetCurrentProcess();
            double cpu = process.TotalProcessorTime.TotalSeconds;
            var clock = Stopwatch.StartNew();
            var ours = Tsne.Fit(vectors, new TsneOptions { Threads = threads });
            double wall = clock.Elapsed.TotalSeconds;
            process.Refresh();
            cpu = process.TotalProcessorTime.TotalSeconds - cpu;
            ours.Points.SaveNpy(Path.Combine(folder, "ours.npy"));
            clock.Restart();
            double trust = ProjectionQuality.Measure(vectors, ours.Points, 10, threads).Trustworthiness, measured = clock.Elapsed.TotalSeconds;
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"ours: {wall:0.00} s, {cpu:0.00} s of CPU")); // the peer takes its time
            var peer = Peer(folder, threads);
            Console.WriteLine($"t-SNE of {n:N0} x {d} float32, perplexity 30, 1,000 iterations, {threads} thread(s); {DateTime.UtcNow:yyyy-MM-dd}");
            Console.WriteLine($"{"",-34}{"ours",12}{"scikit-learn",14}{"ratio",8}");
            Row("wall, s", wall, peer.Wall, peer.Wall / wall);
            Row("CPU, s", cpu, peer.Cpu, peer.Cpu / cpu);
            Row("KL divergence", ours.KlDivergence, peer.Kl, ours.KlDivergence / peer.Kl);
            Row("trustworthiness at 10", trust, peer.Trust, trust / peer.Trust);
            Row("... of our points, by the peer", trust, peer.TrustOfOurs, trust / peer.TrustOfOurs);
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"trustworthiness and continuity over all rows took {measured:0.0} s"));
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static void Row(string what, double ours, double peer, double ratio) => Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{what,-34}{ours,12:0.0000}{peer,14:0.0000}{ratio,8:0.00}"));

    private static (double Wall, double Cpu, double Kl, double Trust, double TrustOfOurs) Peer(string folder, int threads)
    {
        var start = new ProcessStartInfo("/usr/bin/python3", ["-W", "ignore", Path.Combine(AppContext.BaseDirectory, "peers", "tsne_peer.py"), folder, threads.ToString(CultureInfo.InvariantCulture)]) { RedirectStandardOutput = true };
        start.Environment["OMP_NUM_THREADS"] = start.Environment["OPENBLAS_NUM_THREADS"] = threads.ToString(CultureInfo.InvariantCulture);
        start.Environment["OMP_WAIT_POLICY"] = "passive"; // threads that spin would take the time of whatever else runs
        using var process = Process.Start(start)!;
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        if (process.ExitCode != 0) throw new InvalidOperationException("the peer failed: apt-get install python3-sklearn");
        var row = JsonDocument.Parse(output).RootElement;
        return (row.GetProperty("wall").GetDouble(), row.GetProperty("cpu").GetDouble(), row.GetProperty("kl").GetDouble(), row.GetProperty("trust").GetDouble(), row.GetProperty("trust_of_ours").GetDouble());
    }

    // Twenty clouds of different widths, as classes of sounds are.
    private static float[] Clouds(int n, int d)
    {
        const int clouds = 20;
        var random = new Random(1);
        double Normal() => Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble());
        double[] centres = [.. Enumerable.Range(0, clouds * d).Select(_ => 1.5 * Normal())];
        return [.. Enumerable.Range(0, n * d).Select(i => (float)(centres[i / d % clouds * d + i % d] + (0.5 + i / d % clouds / 10.0) * Normal()))];
    }
}
