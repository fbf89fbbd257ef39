using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using SimSearch.Faiss;
using SimSearch.Storage;

namespace SimSearch.Benchmarks;

/// <summary>
/// The same searches through SimSearch.Faiss and through python3-faiss, on the same vectors, one after the other in one run. CPU time is
/// compared, because wall time on a shared machine says more about the neighbours.
/// </summary>
internal static class FaissSideBySide
{
    private const int Dimension = 128, Count = 100_000, QueryCount = 1_000, K = 10;

    internal static void Run(string[] args)
    {
        int threads = args.Length > 0 ? int.Parse(args[0], CultureInfo.InvariantCulture) : 1;
        FaissRuntime.Threads = threads;
        string folder = Directory.CreateTempSubdirectory("simsearch-faiss-").FullName;
        try
        {
            float[] gallery = Smooth(Count, 1), queries = Smooth(QueryCount, 2);
            Npy.Write(Path.Combine(folder, "gallery.npy"), gallery, [Count, Dimension]);
            Npy.Write(Path.Combine(folder, "queries.npy"), queries, [QueryCount, Dimension]);
            Dictionary<string, (double Wall, double Cpu)> peer = Peer(folder, threads), ours = Ours(gallery, queries);
            Console.WriteLine($"FAISS {FaissRuntime.Version}, {FaissRuntime.SimdLevel}, {FaissRuntime.Blas}");
            Console.WriteLine($"{Count:N0} x {Dimension} float32, k={K}, {threads} thread(s); CPU ms, median; {DateTime.UtcNow:yyyy-MM-dd}");
            Console.WriteLine($"{"task",-42}{"ours",10}{"python3-faiss",16}{"ratio",8}");
            foreach (var (task, (_, cpu)) in ours)
                Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{task,-42}{cpu,10:F1}{(peer.TryGetValue(task, out var p) ? p.Cpu : double.NaN),16:F1}{(peer.TryGetValue(task, out p) ? p.Cpu / cpu : double.NaN),8:F2}"));
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static Dictionary<string, (double, double)> Ours(float[] gallery, float[] queries)
    {
        Dictionary<string, (double, double)> results = [];
        void Measure(string task, Action run, int repeats)
        {
            var samples = Enumerable.Range(0, repeats).Select(_ =>
            {
                using var process = Process.GetCurrentProcess();
                TimeSpan before = process.TotalProcessorTime;
                long start = Stopwatch.GetTimestamp();
                run();
                double wall = Stopwatch.GetElapsedTime(start).TotalMilliseconds;
                process.Refresh();
                return (Wall: wall, Cpu: (process.TotalProcessorTime - before).TotalMilliseconds);
            }).ToArray();
            results[task] = (Median(samples.Select(s => s.Wall)), Median(samples.Select(s => s.Cpu)));
        }
        var distances = new float[QueryCount * K];
        var ids = new long[QueryCount * K];
        void Search(FaissIndex index) => index.Search(queries, K, distances, ids);

        using var flat = FaissIndex.Create(Dimension, "Flat");
        flat.Add(gallery);
        Measure("Flat, 20 queries one by one", () =>
        {
            for (int i = 0; i < 20; i++) flat.Search(queries.AsSpan(i * Dimension, Dimension), K, distances.AsSpan(0, K), ids.AsSpan(0, K));
        }, 5);
        Measure("Flat, 1,000 queries", () => Search(flat), 3);

        using var ivf = FaissIndex.Create(Dimension, "IVF256,Flat");
        ivf.Train(gallery);
        ivf.Add(gallery);
        ivf.SetParameter("nprobe", 16);
        Measure("IVF256,Flat nprobe=16, 1,000 queries", () => Search(ivf), 5);

        using var graph = FaissIndex.Create(Dimension, "HNSW32");
        Measure("HNSW32, build on 20,000", () => graph.Add(gallery.AsSpan(0, 20_000 * Dimension)), 1);
        graph.SetParameter("efSearch", 64);
        Measure("HNSW32 efSearch=64, 1,000 queries", () => Search(graph), 5);
        return results;
    }

    private static Dictionary<string, (double, double)> Peer(string folder, int threads)
    {
        string script = Path.Combine(AppContext.BaseDirectory, "peers", "faiss_peer.py");
        var start = new ProcessStartInfo("/usr/bin/python3", [script, folder, threads.ToString(CultureInfo.InvariantCulture)]) { RedirectStandardOutput = true };
        start.Environment["OPENBLAS_NUM_THREADS"] = "1";
        start.Environment["OMP_WAIT_POLICY"] = "passive";
        using Process process = Process.Start(start)!;
        Dictionary<string, (double, double)> results = [];
        while (process.StandardOutput.ReadLine() is { } line)
        {
            JsonElement row = JsonDocument.Parse(line).RootElement;
            results[row.GetProperty("task").GetString()!] = (row.GetProperty("wall").GetDouble(), row.GetProperty("cpu").GetDouble());
        }
        process.WaitForExit();
        if (process.ExitCode != 0) Console.Error.WriteLine("the peer failed: apt-get install python3-faiss");
        return results;
    }

    // A random walk over components: neighbouring components correlate, as those of spectra do, so that approximate search has something to hold on to.
    private static float[] Smooth(int n, int seed)
    {
        var random = new Random(seed);
        var vectors = new float[n * Dimension];
        for (int i = 0; i < n; i++)
        {
            double level = 0;
            for (int j = 0; j < Dimension; j++) vectors[i * Dimension + j] = (float)(level = 0.8 * level + random.NextDouble() - 0.5);
        }
        return vectors;
    }

    private static double Median(IEnumerable<double> values)
    {
        double[] sorted = [.. values.Order()];
        return sorted[sorted.Length / 2];
    }
}
