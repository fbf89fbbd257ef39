using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Text.Json;
using SimSearch.Onnx;
using SimSearch.Storage;

namespace SimSearch.Benchmarks;

/// <summary>
/// One training step here and in PyTorch: the same network, first weights, batch and optimiser, one thread each, step by step in turn. CPU time is compared; the losses stand
/// beside it, because a fast step that computes something else is worth nothing.
/// </summary>
internal static class TrainingSideBySide
{
    internal static void Run(string[] args)
    {
        int rounds = args.Length > 0 ? int.Parse(args[0], CultureInfo.InvariantCulture) : 30;
        string? profile = args.Length > 1 ? args[1] : null;
        Console.WriteLine($"ONNX Runtime {OnnxRuntime.Version}; one thread each, CPU ms of a step, {rounds} steps in turn; {DateTime.UtcNow:yyyy-MM-dd}");
        Console.WriteLine($"{"network",-34}{"ours: median",14}{"best",8}{"PyTorch: median",18}{"best",8}{"ratio",8}{"of best",9}   losses");
        Compare("page", "page's CNN, 1 x 64 x 96, batch 64", 64, 64, 96, rounds, profile);
        Compare("recipe", "recipe's CNN, 1 x 64 x 128, batch 30", 30, 64, 128, rounds, profile);
        Compare("recipe", "recipe's CNN, 1 x 64 x 128, batch 64", 64, 64, 128, rounds, profile);
    }

    private static void Compare(string network, string title, int batch, int bands, int frames, int rounds, string? profile)
    {
        string folder = Directory.CreateTempSubdirectory("simsearch-training-").FullName;
        try
        {
            var g = new GraphBuilder();
            GraphTensor x = g.Input("x", [batch, 1, bands, frames]), labels = g.Input("labels", [batch, 10]);
            var loss = network == "page" ? Page(g, x, labels) : Recipe(g, x, labels);
            var options = new TrainingOptions { Seed = 1, Optimiser = new AdamW(0.9, 0.99, 1e-8, 0.05), ProfilePrefix = profile is null ? null : $"{profile}-{network}-{batch}" };
            using var training = TrainingGraph.Compile(g, loss, network == "page" ? options : options with { ClipNorm = 5, AverageDecay = 0.98 });
            Fill(training, batch, bands, frames);
            Npy.Write(Path.Combine(folder, "x.npy"), training.Input("x"), [batch, 1, bands, frames]);
            Npy.Write(Path.Combine(folder, "labels.npy"), training.Input("labels"), [batch, 10]);
            Npy.Write(Path.Combine(folder, "parameters.npy"), training.State("parameters"), [training.ParameterCount]);
            File.WriteAllText(Path.Combine(folder, "shapes.json"), JsonSerializer.Serialize(g.Parameters.Select(p => p.Tensor.Shape.ToArray())));
            using var peer = new Peer(folder, network);
            var ours = new List<double>();
            var theirs = new List<double>();
            (float First, float Last) losses = default;
            (double First, double Last) peers = default;
            for (int i = 0; i < rounds + 3; i++)
            {
                double before = CpuMilliseconds();
                float value = training.Step(1e-3).Loss;
                double used = CpuMilliseconds() - before;
                var answer = peer.Step();
                if (i == 0) (losses.First, peers.First) = (value, answer.Loss);
                (losses.Last, peers.Last) = (value, answer.Loss);
                // The first steps find their memory.
                if (i < 3) continue;
                ours.Add(used);
                theirs.Add(answer.Cpu);
            }
            if (profile is not null) Console.WriteLine(training.EndProfiling());
            ours.Sort();
            theirs.Sort();
            double a = ours[ours.Count / 2], b = theirs[theirs.Count / 2];
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
                $"{title,-38}{a,10:F1}{ours[0],8:F1}{b,18:F1}{theirs[0],8:F1}{a / b,8:F2}{ours[0] / theirs[0],9:F2}   {losses.First:F5} {peers.First:F5}, at the end {losses.Last:F3} {peers.Last:F3}"));
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static GraphTensor Page(GraphBuilder g, GraphTensor x, GraphTensor labels)
    {
        var h = x;
        for (int i = 0; i < 4; i++)
        {
            using var scope = g.Scope($"block{i}");
            h = g.Relu(g.FilterResponseNormLayer(g.ConvLayer(h, 16 << i, 3, stride: 2, pad: 1)));
        }
        return g.SupervisedContrastive(g.L2Normalise(g.LinearLayer(g.Mean(h, [2, 3]), 128, "head")), labels);
    }

    private static GraphTensor Recipe(GraphBuilder g, GraphTensor x, GraphTensor labels)
    {
        var h = x;
        for (int i = 0; i < 4; i++)
        {
            using var scope = g.Scope($"block{i}");
            h = i == 0 ? g.ConvLayer(h, 16, 5, stride: 2, pad: 2) : g.ConvLayer(h, 16 << i, 3, pad: 1);
            h = g.Relu(g.LayerNormLayer(h));
            if (i is 1 or 2) h = g.AveragePool(h, 2);
        }
        h = g.Reshape(h, 0, h[1] * h[2], -1);
        h = g.Concat(1, g.Mean(h, [-1]), g.Max(h, [-1]));
        var z = g.L2Normalise(g.LinearLayer(g.Dropout(h, 0.2), 128, "head"));
        return g.CosineSoftmax(z, g.Parameter("classes", [10, 128], Initialiser.Normal(0.05)), labels) + g.SupervisedContrastive(z, labels);
    }

    // Ten classes, each with a ripple of its own in noise.
    private static void Fill(TrainingGraph training, int batch, int bands, int frames)
    {
        var random = new Random(3);
        Span<float> x = training.Input("x"), labels = training.Input("labels");
        for (int b = 0; b < batch; b++)
        {
            int c = b % 10;
            labels[b * 10 + c] = 1;
            for (int i = 0; i < bands * frames; i++) x[b * bands * frames + i] = (float)(1.4 * random.NextDouble() - 0.7 + Math.Sin(i % frames * (0.1 + 0.05 * c) + i / frames * (0.07 * c)));
        }
    }

    /// <summary>CPU time of this process; the clock ticks in nanoseconds, which Process.TotalProcessorTime (10 ms) does not.</summary>
    private static unsafe double CpuMilliseconds()
    {
        if (!OperatingSystem.IsLinux()) return Environment.CpuUsage.TotalTime.TotalMilliseconds;
        long* time = stackalloc long[2];
        _ = clock_gettime(2, time);
        return time[0] * 1e3 + time[1] / 1e6;
    }

    [DllImport("libc")]
    private static extern unsafe int clock_gettime(int clock, long* secondsAndNanoseconds);

    private sealed class Peer : IDisposable
    {
        private readonly Process process;

        public Peer(string folder, string network)
        {
            var start = new ProcessStartInfo("/usr/bin/python3", [Path.Combine(AppContext.BaseDirectory, "peers", "training_peer.py"), folder, network]) { RedirectStandardInput = true, RedirectStandardOutput = true };
            foreach (string threads in new[] { "OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS" }) start.Environment[threads] = "1";
            // Large temporaries stay with the allocator, as they do in ONNX Runtime's arena; given back to the system at each step they would cost PyTorch a third of its time.
            start.Environment["MALLOC_MMAP_THRESHOLD_"] = start.Environment["MALLOC_TRIM_THRESHOLD_"] = "4000000000";
            start.Environment["MALLOC_TOP_PAD_"] = "268435456";
            process = Process.Start(start)!;
        }

        public (double Cpu, double Loss) Step()
        {
            process.StandardInput.WriteLine("step");
            process.StandardInput.Flush();
            string line = process.StandardOutput.ReadLine() ?? throw new InvalidOperationException("the peer ended: apt-get install python3-torch python3-numpy");
            var row = JsonDocument.Parse(line).RootElement;
            return (row.GetProperty("cpu").GetDouble(), row.GetProperty("loss").GetDouble());
        }

        public void Dispose()
        {
            process.StandardInput.Close();
            process.WaitForExit();
            process.Dispose();
        }
    }
}
