using System.Numerics;
using SimSearch.Audio;

namespace SimSearch.Embedding;

/// <summary>The audio embedders that can be named on the command line.</summary>
/// <remarks>
/// All take mean and deviation over time of librosa-like frame features (see <see cref="FrameStatisticsEmbedder"/>) and standardise them over the first data set
/// that is embedded. <c>mfcc-stats</c>: 20 MFCCs with first and second derivatives (120 dimensions; mean and deviation of a coefficient share one
/// scale, see <see cref="SharedScale"/>). <c>log-mel-stats</c>: 128 bands (256). <c>spectral-stats</c>: centroid, bandwidth, roll-off, contrast, flatness, zero crossings, RMS
/// (26 from 12.8 kHz on). <c>chroma-stats</c>: 12 pitch classes (24). <c>combined-stats</c>: the first three side by side, each scaled to length 1, so that the cosine of two
/// clips is the mean of the three families' cosines (402).
/// </remarks>
public static class AudioEmbedders
{
    /// <summary>Name of the embedder that is taken for sounds when none is asked for.</summary>
    public const string Standard = "combined-stats";

    /// <summary>librosa's default window, 2,048 samples at 22,050 Hz; other rates take the power of two above the same time.</summary>
    private const double WindowSeconds = 2048.0 / 22050;

    private static readonly (string Name, FeatureKinds[] Families)[] All =
    [
        ("mfcc-stats", [FeatureKinds.Mfcc]),
        ("log-mel-stats", [FeatureKinds.LogMel]),
        ("spectral-stats", [FeatureKinds.Spectral]),
        ("chroma-stats", [FeatureKinds.Chroma]),
        (Standard, [FeatureKinds.Mfcc, FeatureKinds.LogMel, FeatureKinds.Spectral]),
    ];

    /// <summary>Names that <see cref="Create"/> knows.</summary>
    public static IReadOnlyList<string> Names { get; } = [.. All.Select(e => e.Name)];

    /// <summary>Makes an embedder by its name. One of <see cref="Names"/> still has to be fitted: embed a data set with it (<see cref="DatasetEmbedding"/>).</summary>
    /// <param name="name">One of <see cref="Names"/>; or a model: a file that ends in .onnx, with its manifest beside it, or a name from <see cref="ModelShelf"/>.</param>
    /// <param name="sampleRate">
    /// Rate that signals are brought to, in Hz, 1,000 to 384,000; default 22,050, librosa's. Windows keep their length in time: n_fft is 2,048 there, and the power of two from 93 ms up
    /// elsewhere (1,024 at 8 kHz); hops are a quarter of it. A model has its own rate, and this is not used.
    /// </param>
    /// <exception cref="SimSearchException">There is no such embedder, or the sample rate is out of range.</exception>
    public static AudioEmbedder Create(string name, int sampleRate = 22050)
    {
        if (TextEmbedders.Names.Contains(name)) throw new SimSearchException($"embedder '{name}' embeds texts, not sounds; name the column of the table that has them (--text-column)");
        if (ImageEmbedders.Names.Contains(name)) throw new SimSearchException($"embedder '{name}' embeds images, not sounds");
        if (ModelShelf.IsModel(name)) return ModelShelf.Open(name);
        var families = All.FirstOrDefault(e => e.Name == name).Families
            ?? throw new SimSearchException($"embedder '{name}' is not one of {string.Join(", ", Names.Concat(ModelShelf.BuiltIn.Select(m => m.Name)))}, nor a model file that ends in .onnx");
        if (sampleRate is < 1000 or > 384000) throw new SimSearchException($"sample rate={sampleRate} Hz must be 1000 to 384000 for {name}");
        var options = Options(families.Aggregate(FeatureKinds.None, (all, family) => all | family), sampleRate);
        int[] lengths = [.. families.Select(family => FrameStatisticsEmbedder.Layout(Options(family, sampleRate)).Sum(part => 2 * part.Bins))];
        IVectorStep standardize = new StandardizerRecipe { Shared = SharedScales(options) };
        return new FrameStatisticsEmbedder(name, options, families.Length == 1 ? [standardize] : [standardize, new UnitBlocks(lengths)]);
    }

    /// <summary>Reads an embedder from its file.</summary>
    /// <param name="embedderJsonPath">An <c>embedder.json</c>, from embeddings or an index.</param>
    /// <exception cref="SimSearchException">The file is absent, damaged, of another version or of an embedder of something else.</exception>
    public static AudioEmbedder Load(string embedderJsonPath) => FileEmbedders.Load(embedderJsonPath) as AudioEmbedder
        ?? throw new SimSearchException($"{embedderJsonPath}: is an embedder of images, not of sounds");

    private static FrameStatisticsOptions Options(FeatureKinds kinds, int sampleRate)
    {
        int length = (int)BitOperations.RoundUpToPowerOf2((uint)(WindowSeconds * sampleRate));
        var stft = new StftOptions { SampleRate = sampleRate, FftLength = length, HopLength = length / 4 };
        return new() { Features = new() { Kinds = kinds, Mfcc = new() { Mel = new() { Stft = stft } } } };
    }

    private static List<SharedScale> SharedScales(FrameStatisticsOptions options)
    {
        var shared = new List<SharedScale>();
        int start = 0;
        foreach (var (kind, bins) in FrameStatisticsEmbedder.Layout(options))
        {
            if (kind == FeatureKinds.Mfcc) shared.Add(new(start, bins));
            start += 2 * bins;
        }
        return shared;
    }
}
