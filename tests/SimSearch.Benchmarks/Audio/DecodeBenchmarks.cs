using BenchmarkDotNet.Attributes;
using SimSearch.Audio;

namespace SimSearch.Benchmarks;

/// <summary>Sixty seconds of 16-bit WAV at 44.1 kHz from the disk cache, one thread: 60 s / mean = times real time.</summary>
[MemoryDiagnoser]
public class DecodeBenchmarks
{
    private readonly string folder = Directory.CreateTempSubdirectory("simsearch-decode-").FullName;
    private string path = "";

    [Params(1, 2)]
    public int Channels { get; set; }

    [GlobalSetup]
    public void Setup()
    {
        var random = new Random(1);
        path = Path.Combine(folder, "a.wav");
        WavWriter.Write(path, new AudioSignal([.. Enumerable.Range(0, 60 * 44100 * Channels).Select(_ => (float)random.NextDouble() - 0.5f)], 44100, Channels));
    }

    [GlobalCleanup]
    public void Cleanup() => Directory.Delete(folder, recursive: true);

    [Benchmark]
    public AudioSignal Load() => AudioFile.Load(path);

    [Benchmark]
    public AudioSignal LoadAt22050() => AudioFile.Load(path, new AudioLoadOptions { SampleRate = 22050 });

    [Benchmark]
    public AudioSignal LoadOneSecond() => AudioFile.Load(path, new AudioLoadOptions { Start = 30, Duration = 1 });
}
