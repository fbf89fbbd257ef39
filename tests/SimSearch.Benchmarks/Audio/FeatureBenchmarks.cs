using BenchmarkDotNet.Attributes;
using SimSearch.Audio;

namespace SimSearch.Benchmarks;

/// <summary>The feature kernels on a clip of 60 s at 22,050 Hz (n_fft 2048, hop 512): tables made once, nothing allocated per frame.</summary>
[MemoryDiagnoser]
public class FeatureBenchmarks
{
    private readonly float[] clip = FeatureSideBySide.Clip(22050);
    private FrameFeatures features = null!;
    private float[] delta = [];

    /// <summary>Which features a run computes.</summary>
    [Params(FeatureKinds.Power, FeatureKinds.LogMel, FeatureKinds.Mfcc, FeatureKinds.Mfcc | FeatureKinds.Spectral | FeatureKinds.Chroma)]
    public FeatureKinds Kinds { get; set; }

    /// <summary>Precision of the transform.</summary>
    [Params(FftPrecision.Double, FftPrecision.Single)]
    public FftPrecision Precision { get; set; }

    [GlobalSetup]
    public void Setup()
    {
        features = new(new() { Kinds = Kinds, Mfcc = new() { Mel = new() { Stft = new() { Precision = Precision } } } });
        delta = new float[features.FrameCount(clip.Length) * 20];
    }

    [Benchmark]
    public void Clip()
    {
        features.Compute(clip);
        if ((Kinds & FeatureKinds.Mfcc) != 0) Delta.Compute(features.Mfcc, 20, delta);
    }
}
