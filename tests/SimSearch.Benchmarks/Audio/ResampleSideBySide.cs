using System.Diagnostics;
using System.Globalization;
using System.Runtime.Intrinsics;
using System.Text.Json;
using SimSearch.Audio;

namespace SimSearch.Benchmarks;

/// <summary>
/// The same 60 s WAV files read and resampled by this library and by scipy (scipy.io.wavfile and scipy.signal.resample_poly), one after the
/// other, one thread each. The best of many runs is compared: on a shared machine it is the one that was least disturbed; the median is printed too.
/// </summary>
internal static class ResampleSideBySide
{
    private const int Seconds = 60;

    private static readonly (int From, int To)[] Ratios = [(44100, 22050), (44100, 16000), (48000, 22050), (48000, 16000), (8000, 22050), (44100, 48000)];

    internal static void Run(string[] args)
    {
        string folder = Directory.CreateTempSubdirectory("simsearch-resample-").FullName;
        try
        {
            foreach (int rate in Ratios.Select(r => r.From).Distinct())
            {
                var random = new Random(rate);
                WavWriter.Write(Path.Combine(folder, $"{rate}.wav"), new AudioSignal([.. Enumerable.Range(0, Seconds * rate).Select(_ => (float)random.NextDouble() - 0.5f)], rate));
            }
            var peer = Peer(folder);
            Console.WriteLine($"{Seconds} s, mono, 16 bit, disk cache, 1 thread, {(Vector512.IsHardwareAccelerated ? "AVX-512" : Vector256.IsHardwareAccelerated ? "256-bit vectors" : "128-bit vectors")}; times real time: best (median); {DateTime.UtcNow:yyyy-MM-dd}");
            Console.WriteLine($"{"decode + resample",-20}{"ours",18}{"scipy default",18}{"scipy, our filter",20}{"ratio to default",18}");
            foreach (var (from, to) in Ratios)
            {
                string path = Path.Combine(folder, $"{from}.wav");
                var ours = Measure(() => AudioFile.Load(path, new AudioLoadOptions { SampleRate = to }));
                string name = $"{from}>{to}";
                peer.TryGetValue(name, out var scipy);
                peer.TryGetValue(name + " equal", out var equal);
                Console.WriteLine($"{name,-20}{Speed(ours),18}{Speed(scipy),18}{Speed(equal),20}{(scipy.Best / ours.Best).ToString("F1", CultureInfo.InvariantCulture),18}");
            }
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static string Speed((double Best, double Median) ms) =>
        string.Create(CultureInfo.InvariantCulture, $"{Seconds * 1e3 / ms.Best:F0} ({Seconds * 1e3 / ms.Median:F0})");

    private static (double Best, double Median) Measure(Action run)
    {
        for (int i = 0; i < 40; i++) run(); // until the code is compiled at its highest tier
        Thread.Sleep(200);
        double[] times = [.. Enumerable.Range(0, 100).Select(_ =>
        {
            long start = Stopwatch.GetTimestamp();
            run();
            return Stopwatch.GetElapsedTime(start).TotalMilliseconds;
        }).Order()];
        return (times[0], times[times.Length / 2]);
    }

    private static Dictionary<string, (double Best, double Median)> Peer(string folder)
    {
        string script = Path.Combine(AppContext.BaseDirectory, "peers", "resample_peer.py");
        var start = new ProcessStartInfo("/usr/bin/python3", [script, folder, .. Ratios.Select(r => $"{r.From}>{r.To}")]) { RedirectStandardOutput = true };
        start.Environment["OPENBLAS_NUM_THREADS"] = "1";
        using Process process = Process.Start(start)!;
        Dictionary<string, (double, double)> results = [];
        while (process.StandardOutput.ReadLine() is { } line)
        {
            using var row = JsonDocument.Parse(line);
            results[row.RootElement.GetProperty("task").GetString()!] = (row.RootElement.GetProperty("best").GetDouble(), row.RootElement.GetProperty("median").GetDouble());
        }
        process.WaitForExit();
        if (process.ExitCode != 0) Console.Error.WriteLine("the peer failed: apt-get install python3-scipy");
        return results;
    }
}
