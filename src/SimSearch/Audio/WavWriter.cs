using System.Buffers.Binary;
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
    /// <exception cref="ArgumentException">The signal holds NaN or infinity, or is longer than an array of bytes can be.</exception>
    public static byte[] ToBytes(AudioSignal signal, WavEncoding encoding = WavEncoding.Pcm16)
    {
        int width = encoding == WavEncoding.Pcm16 ? 2 : 4;
        long dataBytes = (long)signal.Samples.Length * width;
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
        BinaryPrimitives.WriteUInt32LittleEndian(header[28..], (uint)(signal.SampleRate * signal.Channels * width));
        BinaryPrimitives.WriteUInt16LittleEndian(header[32..], (ushort)(signal.Channels * width));
        BinaryPrimitives.WriteUInt16LittleEndian(header[34..], (ushort)(8 * width));
        "data"u8.CopyTo(header[36..]);
        BinaryPrimitives.WriteUInt32LittleEndian(header[40..], (uint)dataBytes);

        var data = bytes.AsSpan(44);
        for (int frame = 0, at = 0; frame < signal.Frames; frame++)
            for (int channel = 0; channel < signal.Channels; channel++, at += width)
            {
                float sample = signal.Samples[channel * signal.Frames + frame];
                if (!float.IsFinite(sample)) throw new ArgumentException($"sample {frame} of channel {channel} is {sample}; only finite samples can be written", nameof(signal));
                if (encoding == WavEncoding.Pcm16)
                    BinaryPrimitives.WriteInt16LittleEndian(data[at..], (short)Math.Clamp(MathF.Round(sample * 32768f), -32768f, 32767f));
                else
                    BinaryPrimitives.WriteSingleLittleEndian(data[at..], sample);
            }
        return bytes;
    }
}
