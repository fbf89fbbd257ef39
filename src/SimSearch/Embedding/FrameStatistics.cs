using System.Numerics.Tensors;
using SimSearch.Audio;

namespace SimSearch.Embedding;

/// <summary>Computes the frame features of a clip and their means and deviations; keeps its buffers from clip to clip.</summary>
internal sealed class FrameStatistics(FrameStatisticsOptions options) : AudioExtractor
{
    private readonly FrameFeatures features = new(options.Features);
    private float[] derivative = [];
    private double[] mean = [], squares = [], frame = [];

    /// <inheritdoc/>
    public override void Extract(ReadOnlySpan<float> samples, Span<float> raw)
    {
        features.Compute(samples);
        foreach (var kind in FrameStatisticsEmbedder.Order)
        {
            if (!options.Features.Kinds.HasFlag(kind)) continue;
            var values = features.Values(kind);
            int bins = values.Length / features.Frames;
            raw = Append(values, bins, raw);
            if (kind != FeatureKinds.Mfcc) continue;
            if (derivative.Length < values.Length) derivative = GC.AllocateUninitializedArray<float>(values.Length);
            var edges = features.Frames < options.DeltaWidth ? DeltaEdges.Nearest : DeltaEdges.Interpolate;
            for (int order = 1; order <= 2; order++)
            {
                Delta.Compute(values, bins, derivative.AsSpan(0, values.Length), order, options.DeltaWidth, edges);
                raw = Append(derivative.AsSpan(0, values.Length), bins, raw);
            }
        }
    }

    /// <summary>Writes means and deviations of the bins and returns what is left of the output.</summary>
    private Span<float> Append(ReadOnlySpan<float> values, int bins, Span<float> raw)
    {
        if (mean.Length < bins) (mean, squares, frame) = (new double[bins], new double[bins], new double[bins]);
        Span<double> m = mean.AsSpan(0, bins), s = squares.AsSpan(0, bins), f = frame.AsSpan(0, bins);
        int frames = values.Length / bins;
        m.Clear();
        s.Clear();
        for (int i = 0; i < values.Length; i += bins)
        {
            TensorPrimitives.ConvertTruncating(values.Slice(i, bins), f);
            TensorPrimitives.Add(m, f, m);
        }
        TensorPrimitives.Divide(m, frames, m);
        // A second pass, not a sum of squares: the deviation of a loud steady sound would drown in rounding otherwise.
        for (int i = 0; i < values.Length; i += bins)
        {
            TensorPrimitives.ConvertTruncating(values.Slice(i, bins), f);
            TensorPrimitives.Subtract(f, m, f);
            TensorPrimitives.MultiplyAdd(f, f, s, s);
        }
        TensorPrimitives.Divide(s, frames, s);
        TensorPrimitives.Sqrt(s, s);
        TensorPrimitives.ConvertTruncating<double, float>(m, raw);
        TensorPrimitives.ConvertTruncating<double, float>(s, raw[bins..]);
        return raw[(2 * bins)..];
    }
}
