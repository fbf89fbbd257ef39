using BenchmarkDotNet.Attributes;
using SimSearch.Audio;
using SimSearch.Embedding;

namespace SimSearch.Benchmarks;

/// <summary>File to vector on one thread: a 10 s mono 16-bit WAV file at 22,050 Hz, from the disk's cache, to the raw statistics of every embedder.</summary>
[MemoryDiagnoser]
public class EmbedBenchmarks
{
    private const int Rate = 22050, Seconds = 10;

    private readonly string file = Path.Combine(Path.GetTempPath(), $"simsearch-embed-{Environment.ProcessId}.wav");
    private AudioEmbedder embedder = null!;
    private float[] raw = [];

    /// <summary>Every embedder of the command line.</summary>
    public static IEnumerable<string> Names => AudioEmbedders.Names;

    /// <summary>The embedder measured.</summary>
    [ParamsSource(nameof(Names))]
    public string Name { get; set; } = "";

    [GlobalSetup]
    public void Setup()
    {
        var random = new Random(1);
        WavWriter.Write(file, new AudioSignal([.. Enumerable.Range(0, Rate * Seconds).Select(i => (float)(0.3 * Math.Sin(i * 0.1) + 0.1 * (random.NextDouble() - 0.5)))], Rate));
        embedder = AudioEmbedders.Create(Name);
        raw = new float[embedder.RawDimension];
    }

    [GlobalCleanup]
    public void Cleanup() => File.Delete(file);

    [Benchmark]
    public void FileToVector() => embedder.ExtractRaw(AudioFile.Load(file, embedder.LoadOptions()), raw);
}
