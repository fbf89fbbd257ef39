using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using SimSearch.Audio;
using SimSearch.Storage;

namespace SimSearch.Benchmarks;

/// <summary>
/// The same features of the same clip by SimSearch and by librosa's steps in NumPy and SciPy, one after the other in one run, on one thread. CPU
/// time is compared, because wall time on a shared machine says more about the neighbours. The first values of both are compared too: a fast wrong answer is none.
/// </summary>
internal static class FeatureSideBySide
{
    private const int Seconds = 60, Rate = 22050, FileRate = 44100;

    private sealed record Row(double Milliseconds, float[] First);

    internal static void Run(string[] args)
    {
        string folder = Directory.CreateTempSubdirectory("simsearch-features-").FullName;
        try
        {
            float[] clip = Clip(Rate);
            Npy.Write(Path.Combine(folder, "clip.npy"), clip, [clip.Length]);
            string file = Path.Combine(folder, "clip.wav");
            WavWriter.Write(file, new AudioSignal(Clip(FileRate), FileRate));
            Dictionary<string, Row> ours = Ours(clip, file), peer = Peer(folder);
            Console.WriteLine($"{Seconds} s mono, {Rate} Hz, n_fft 2048, hop 512, 128 mels, 20 MFCC, one thread; CPU time, median; x = seconds of sound a second; {DateTime.UtcNow:yyyy-MM-dd}");
            Console.WriteLine($"{"task",-34}{"ours ms",9}{"ours x",9}{"peer ms",10}{"peer x",9}{"ratio",8}{"largest difference",20}");
            foreach (var (task, own) in ours)
                foreach (string kind in new[] { "as librosa", "float32" })
                    if (peer.TryGetValue($"{task.Split(", ")[0]}, {kind}", out var other) && task.EndsWith(kind == "float32" ? "Single" : "Double", StringComparison.Ordinal))
                        Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
                            $"{task,-34}{own.Milliseconds,9:F2}{1000 * Seconds / own.Milliseconds,9:F0}{other.Milliseconds,10:F1}{1000 * Seconds / other.Milliseconds,9:F0}{other.Milliseconds / own.Milliseconds,8:F1}{own.First.Zip(other.First, (a, b) => Math.Abs(a - b)).Max(),20:G3}"));
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static Dictionary<string, Row> Ours(float[] clip, string file)
    {
        Dictionary<string, Row> results = [];
        foreach (var precision in new[] { FftPrecision.Double, FftPrecision.Single })
        {
            var options = new MfccOptions { Mel = new() { Stft = new() { Precision = precision } } };
            var logMel = new FrameFeatures(new() { Kinds = FeatureKinds.LogMel, Mfcc = options });
            var mfcc = new FrameFeatures(new() { Kinds = FeatureKinds.Mfcc, Mfcc = options });
            var delta = new float[mfcc.FrameCount(clip.Length) * options.Count];
            var statistics = new float[4 * options.Count];
            void MfccAndDelta(ReadOnlySpan<float> samples)
            {
                mfcc.Compute(samples);
                Delta.Compute(mfcc.Mfcc, options.Count, delta.AsSpan(0, mfcc.Mfcc.Length));
            }
            void Add(string task, Action run, Func<float[]> first) => results[$"{task}, {precision}"] = new(Measure(run), first());
            Add("log-mel", () => logMel.Compute(clip), () => logMel.LogMel[..64].ToArray());
            Add("MFCC + delta", () => MfccAndDelta(clip), () => mfcc.Mfcc[..64].ToArray());
            Add("file to statistics", () =>
            {
                var signal = AudioFile.Load(file, new() { SampleRate = Rate });
                MfccAndDelta(signal.Mono);
                Statistics(mfcc.Mfcc, options.Count, statistics);
                Statistics(delta.AsSpan(0, mfcc.Mfcc.Length), options.Count, statistics.AsSpan(2 * options.Count));
            }, () => statistics[..64]);
        }
        return results;
    }

    /// <summary>Means, then deviations, of the columns.</summary>
    private static void Statistics(ReadOnlySpan<float> values, int bins, Span<float> to)
    {
        int frames = values.Length / bins;
        for (int bin = 0; bin < bins; bin++)
        {
            double sum = 0, squares = 0;
            for (int i = bin; i < values.Length; i += bins) sum += values[i];
            double mean = sum / frames;
            for (int i = bin; i < values.Length; i += bins) squares += (values[i] - mean) * (values[i] - mean);
            (to[bin], to[bins + bin]) = ((float)mean, (float)Math.Sqrt(squares / frames));
        }
    }

    /// <summary>CPU milliseconds of one run: the median of nine batches, each long enough for the clock's ticks of 10 ms.</summary>
    private static double Measure(Action run)
    {
        for (int i = 0; i < 40; i++)
        {
            run();
            // Lets the compiler's second tier, which works in the background, take over.
            if (i % 10 == 9) Thread.Sleep(150);
        }
        double once = Batch(10) / 10;
        int count = (int)Math.Clamp(400 / Math.Max(once, 0.1), 5, 1000);
        double[] batches = [.. Enumerable.Range(0, 9).Select(_ => Batch(count) / count).Order()];
        return batches[batches.Length / 2];

        double Batch(int times)
        {
            using var process = Process.GetCurrentProcess();
            TimeSpan before = process.TotalProcessorTime;
            for (int i = 0; i < times; i++) run();
            process.Refresh();
            return (process.TotalProcessorTime - before).TotalMilliseconds;
        }
    }

    private static Dictionary<string, Row> Peer(string folder)
    {
        string script = Path.Combine(AppContext.BaseDirectory, "peers", "features_peer.py");
        var start = new ProcessStartInfo("/usr/bin/python3", [script, folder]) { RedirectStandardOutput = true };
        start.Environment["OPENBLAS_NUM_THREADS"] = "1";
        start.Environment["OMP_NUM_THREADS"] = "1";
        using var process = Process.Start(start)!;
        Dictionary<string, Row> results = [];
        while (process.StandardOutput.ReadLine() is { } line)
        {
            var row = JsonDocument.Parse(line).RootElement;
            results[row.GetProperty("task").GetString()!] = new(row.GetProperty("cpu").GetDouble(), [.. row.GetProperty("result").EnumerateArray().Select(v => v.GetSingle())]);
        }
        process.WaitForExit();
        if (process.ExitCode != 0) Console.Error.WriteLine("the peer failed: apt-get install python3-scipy");
        return results;
    }

    /// <summary>A falling tone in noise, with a pause: loud and quiet frames, and the limit of 80 dB at work.</summary>
    internal static float[] Clip(int rate)
    {
        var random = new Random(1);
        return [.. Enumerable.Range(0, Seconds * rate).Select(i =>
        {
            double t = (double)i / rate;
            return t % 7 > 6 ? 0 : (float)(0.3 * Math.Sin(2 * Math.PI * (2000 - 15 * t) * t) + 0.1 * (random.NextDouble() - 0.5));
        })];
    }
}
