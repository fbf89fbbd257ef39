using System.Buffers.Binary;
using System.Numerics;
using System.Runtime.InteropServices;
using SimSearch.Storage;

namespace SimSearch.Audio;

/// <summary>How samples are stored in a WAV file.</summary>
public enum WavEncoding
{
    /// <summary>16-bit integers: sample * 32768, rounded to even, clipped to the 16-bit range.</summary>
    Pcm16,

    /// <summary>32-bit IEEE floats, stored as they are.</summary>
    Float32,
}

/// <summary>Writes WAV files.</summary>
public static class WavWriter
{
    /// <summary>Writes a signal to a WAV file, by rename.</summary>
    /// <exception cref="ArgumentException">The signal holds NaN or infinity, or needs more than the 4 GiB a WAV file can hold.</exception>
    public static void Write(string path, AudioSignal signal, WavEncoding encoding = WavEncoding.Pcm16)
    {
        byte[] bytes = ToBytes(signal, encoding);
        AtomicFile.Write(path, stream => stream.Write(bytes));
    }

    /// <summary>The bytes of a WAV file that holds the signal.</summary>
    /// <exception cref="ArgumentException">The signal holds NaN or infinity, is longer than an array of bytes can be, or has more channels or a higher rate than the header can say.</exception>
    public static byte[] ToBytes(AudioSignal signal, WavEncoding encoding = WavEncoding.Pcm16)
    {
        int width = encoding == WavEncoding.Pcm16 ? 2 : 4;
        long dataBytes = (long)signal.Samples.Length * width;
        if ((long)signal.SampleRate * signal.Channels * width > uint.MaxValue || signal.Channels > ushort.MaxValue / width)
            throw new ArgumentException($"{signal.Channels} channels at {signal.SampleRate} Hz are more than the header of a WAV file can say; resample or split the signal", nameof(signal));
        if (dataBytes > Array.MaxLength - 64) throw new ArgumentException($"{signal.Duration:F0} s are too long for one WAV file; write it in parts", nameof(signal));
        var bytes = new byte[44 + dataBytes];
        var header = bytes.AsSpan(0, 44);
        "RIFF"u8.CopyTo(header);
        BinaryPrimitives.WriteUInt32LittleEndian(header[4..], (uint)(36 + dataBytes));
        "WAVEfmt "u8.CopyTo(header[8..]);
        BinaryPrimitives.WriteUInt32LittleEndian(header[16..], 16);
        BinaryPrimitives.WriteUInt16LittleEndian(header[20..], (ushort)(encoding == WavEncoding.Pcm16 ? 1 : 3));
        BinaryPrimitives.WriteUInt16LittleEndian(header[22..], (ushort)signal.Channels);
        BinaryPrimitives.WriteUInt32LittleEndian(header[24..], (uint)signal.SampleRate);
        BinaryPrimitives.WriteUInt32LittleEndian(header[28..], (uint)((long)signal.SampleRate * signal.Channels * width));
        BinaryPrimitives.WriteUInt16LittleEndian(header[32..], (ushort)(signal.Channels * width));
        BinaryPrimitives.WriteUInt16LittleEndian(header[34..], (ushort)(8 * width));
        "data"u8.CopyTo(header[36..]);
        BinaryPrimitives.WriteUInt32LittleEndian(header[40..], (uint)dataBytes);

        var data = bytes.AsSpan(44);
        for (int channel = 0; channel < signal.Channels; channel++)
        {
            var samples = signal.Channel(channel);
            for (int i = 0; i < samples.Length; i++)
                if (!float.IsFinite(samples[i])) throw new ArgumentException($"sample {i} of channel {channel} is {samples[i]}; only finite samples can be written", nameof(signal));
            if (encoding == WavEncoding.Pcm16) WritePcm16(samples, MemoryMarshal.Cast<byte, short>(data)[channel..], signal.Channels);
            else WriteFloat32(samples, MemoryMarshal.Cast<byte, float>(data)[channel..], signal.Channels);
        }
        return bytes;
    }

    /// <summary>One channel to every <paramref name="channels"/>-th place; vectors where the places are neighbours.</summary>
    private static void WritePcm16(ReadOnlySpan<float> samples, Span<short> data, int channels)
    {
        int i = 0, width = Vector<float>.Count;
        if (channels == 1)
            for (; i <= samples.Length - 2 * width; i += 2 * width)
                Vector.Narrow(Quantise(new Vector<float>(samples[i..])), Quantise(new Vector<float>(samples[(i + width)..]))).CopyTo(data[i..]);
        for (; i < samples.Length; i++) data[i * channels] = (short)Math.Clamp(MathF.Round(samples[i] * 32768f), -32768f, 32767f);

        static Vector<int> Quantise(Vector<float> v) =>
            Vector.ConvertToInt32(Vector.Min(Vector.Max(Vector.Round(v * 32768f), new Vector<float>(-32768f)), new Vector<float>(32767f)));
    }

    private static void WriteFloat32(ReadOnlySpan<float> samples, Span<float> data, int channels)
    {
        if (channels == 1) samples.CopyTo(data);
        else for (int i = 0; i < samples.Length; i++) data[i * channels] = samples[i];
    }
}
