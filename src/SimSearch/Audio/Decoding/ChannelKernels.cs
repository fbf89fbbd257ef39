using System.Runtime.Intrinsics;

namespace SimSearch.Audio;

/// <summary>Takes interleaved frames apart.</summary>
internal static class ChannelKernels
{
    /// <summary>The mean of all channels of each frame.</summary>
    /// <param name="interleaved">[frames x channels].</param>
    /// <param name="channels">Number of channels, 1 or more.</param>
    /// <param name="mono">Receives [frames].</param>
    public static void Mix(ReadOnlySpan<float> interleaved, int channels, Span<float> mono)
    {
        if (channels == 1)
        {
            interleaved.CopyTo(mono);
            return;
        }
        int i = 0;
        if (channels == 2)
            for (; 2 * i <= interleaved.Length - 16; i += 8)
            {
                var (left, right) = Split(interleaved.Slice(2 * i, 16));
                ((left + right) * 0.5f).CopyTo(mono[i..]);
            }
        for (; i < mono.Length; i++)
        {
            float sum = 0;
            foreach (float sample in interleaved.Slice(i * channels, channels)) sum += sample;
            mono[i] = sum / channels;
        }
    }

    /// <summary>One channel of each frame.</summary>
    /// <param name="interleaved">[frames x channels].</param>
    /// <param name="channels">Number of channels, 1 or more.</param>
    /// <param name="channel">Which, from 0.</param>
    /// <param name="mono">Receives [frames].</param>
    public static void Pick(ReadOnlySpan<float> interleaved, int channels, int channel, Span<float> mono)
    {
        if (channels == 1)
        {
            interleaved.CopyTo(mono);
            return;
        }
        int i = 0;
        if (channels == 2)
            for (; 2 * i <= interleaved.Length - 16; i += 8)
            {
                var (left, right) = Split(interleaved.Slice(2 * i, 16));
                (channel == 0 ? left : right).CopyTo(mono[i..]);
            }
        for (; i < mono.Length; i++) mono[i] = interleaved[i * channels + channel];
    }

    /// <summary>Eight stereo frames as left and right.</summary>
    private static (Vector256<float> Left, Vector256<float> Right) Split(ReadOnlySpan<float> frames)
    {
        var a = Vector256.Shuffle(Vector256.Create(frames), Vector256.Create(0, 2, 4, 6, 1, 3, 5, 7));
        var b = Vector256.Shuffle(Vector256.Create(frames[8..]), Vector256.Create(0, 2, 4, 6, 1, 3, 5, 7));
        return (Vector256.Create(a.GetLower(), b.GetLower()), Vector256.Create(a.GetUpper(), b.GetUpper()));
    }
}
