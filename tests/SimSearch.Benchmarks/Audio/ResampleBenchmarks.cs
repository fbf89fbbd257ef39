using BenchmarkDotNet.Attributes;
using SimSearch.Audio;

namespace SimSearch.Benchmarks;

/// <summary>Ten seconds of mono through the resampler, one thread, into memory that is there: 10 s / mean = times real time.</summary>
[MemoryDiagnoser]
public class ResampleBenchmarks
{
    private float[] input = [], output = [];

    /// <summary>Small ratios, ratios with many phases, and one whose phases are interpolated.</summary>
    [Params("44100>22050", "44100>16000", "48000>22050", "48000>16000", "8000>16000", "8000>22050", "44100>48000", "22050>16001")]
    public string Rates { get; set; } = "44100>22050";

    private int From => int.Parse(Rates.Split('>')[0]);

    private int To => int.Parse(Rates.Split('>')[1]);

    [GlobalSetup]
    public void Setup()
    {
        var random = new Random(1);
        input = [.. Enumerable.Range(0, 10 * From).Select(_ => (float)random.NextDouble() - 0.5f)];
        output = new float[Resampler.OutputLength(input.Length, From, To)];
    }

    [Benchmark]
    public int Resample() => Resampler.Resample(input, From, To, output);
}
