using System.Numerics.Tensors;

namespace SimSearch.Learning;

/// <summary>How the mel power of a whole clip is laid out for a network that embeds it: the deterministic counterpart of <see cref="ViewMaker"/>'s cuts.</summary>
internal static class Placement
{
    /// <summary>Power of what is outside a clip, as a share of its peak: -60 dB.</summary>
    public const float OutsideFloor = 1e-6f;

    /// <summary>Frames that a network gets for a clip.</summary>
    /// <param name="frames">Frames of the clip, 1 or more.</param>
    /// <param name="features">The fixed number of frames, if any.</param>
    public static int Frames(int frames, FeatureOptions features) => features.Frames ?? Math.Max(frames, features.MinFrames);

    /// <summary>Lays out a clip: in the middle of the fixed number of frames, or as it is, with silence behind it when it is shorter than the network can take.</summary>
    /// <param name="power">[clip's frames x bands].</param>
    /// <param name="features">The fixed number of frames, if any.</param>
    /// <param name="placed">Receives [<see cref="Frames"/> x bands].</param>
    public static void Place(ReadOnlySpan<float> power, FeatureOptions features, Span<float> placed)
    {
        if (features.Frames is not { } wanted)
        {
            power.CopyTo(placed);
            placed[power.Length..].Clear();
            return;
        }
        int bands = features.Mel.Bands, frames = power.Length / bands;
        int lead = (int)Math.Floor((wanted - frames) / 2.0); // negative: frames of the clip before its middle part
        int from = Math.Max(0, -lead), count = Math.Min(frames - from, wanted - Math.Max(0, lead));
        var middle = power.Slice(from * bands, count * bands);
        placed.Fill(TensorPrimitives.Max(middle) * OutsideFloor);
        middle.CopyTo(placed[(Math.Max(0, lead) * bands)..]);
    }
}
