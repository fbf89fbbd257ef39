using System.Buffers.Binary;
using SimSearch.Audio;

namespace SimSearch.Tests;

/// <summary>Thousands of small damages to small files: each is decoded or refused with a typed error, quickly and in little memory.</summary>
public sealed class WavFuzzTests
{
    public static TheoryData<int> Seeds => [.. Enumerable.Range(0, 12)];

    [Theory]
    [MemberData(nameof(Seeds))]
    public void Damage_is_decoded_or_refused(int seed)
    {
        var random = new Random(seed);
        byte[][] files = [.. Files(random)];
        AudioFile.Load(files[0].AsMemory());
        int refused = 0, decoded = 0;
        for (int i = 0; i < 500; i++)
        {
            byte[] file = Damage(files[random.Next(files.Length)], random);
            long before = GC.GetAllocatedBytesForCurrentThread();
            try
            {
                var options = new AudioLoadOptions { Channels = (ChannelPolicy)random.Next(3) };
                var signal = AudioFile.Load(file.AsMemory(), options);
                decoded++;
                Assert.All(signal.Samples, s => Assert.True(float.IsFinite(s)));
                Assert.True(signal.Samples.Length <= file.Length);
            }
            catch (AudioFormatException)
            {
                refused++;
            }
            long allocated = GC.GetAllocatedBytesForCurrentThread() - before;
            Assert.True(allocated < 10 * file.Length + (1 << 20), $"{allocated} bytes for a file of {file.Length}");
        }
        Assert.True(refused > 20 && decoded > 20, $"{refused} refused, {decoded} decoded: the damages are too weak or too strong to show anything");
    }

    [Fact]
    public void Every_truncation_is_decoded_or_refused()
    {
        foreach (byte[] file in Files(new Random(1)))
            for (int length = 0; length < Math.Min(file.Length, 200); length++)
                try { Assert.True(AudioFile.Load(file.AsMemory(0, length)).Samples.Length <= length); }
                catch (AudioFormatException e) { Assert.NotEqual(AudioFormatError.LibraryMissing, e.Error); }
    }

    private static IEnumerable<byte[]> Files(Random random)
    {
        var noise = new byte[4000];
        random.NextBytes(noise);
        foreach (var (tag, channels, bits) in new[] { (1, 1, 16), (1, 2, 24), (1, 8, 8), (1, 1, 32), (7, 1, 8) })
            yield return WavBytes.Riff(WavBytes.Format(tag, channels, 8000, bits), WavBytes.Chunk("LIST", noise[..33]), WavBytes.Chunk("data", noise));
        yield return WavBytes.Riff(WavBytes.Extensible(1, 2, 48000, 16, 16, 4), WavBytes.Chunk("data", noise));
        yield return WavBytes.Riff(WavBytes.Format(3, 1, 44100, 32), WavBytes.Chunk("data", new byte[4000]));
        yield return WavBytes.Container("RF64", uint.MaxValue, WavBytes.Chunk("ds64", new byte[28]), WavBytes.Format(1, 1, 8000, 16), WavBytes.Chunk("data", noise, size: uint.MaxValue));
    }

    private static byte[] Damage(byte[] file, Random random)
    {
        byte[] bytes = [.. file];
        for (int n = random.Next(1, 5); n > 0; n--)
        {
            int at = random.Next(Math.Min(bytes.Length, 90));
            switch (random.Next(5))
            {
                case 0: bytes[at] ^= (byte)(1 << random.Next(8)); break;
                case 1: bytes[at] = (byte)random.Next(256); break;
                case 2 when at + 4 <= bytes.Length:
                    uint[] nasty = [0, 1, 0x7FFFFFFF, 0x80000000, uint.MaxValue, uint.MaxValue - 7, (uint)bytes.Length];
                    BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan(at), nasty[random.Next(nasty.Length)]);
                    break;
                case 3: bytes = [.. bytes[..at], .. bytes[random.Next(bytes.Length)..]]; break;
                default: bytes = [.. bytes[..at], .. new byte[random.Next(1, 9)], .. bytes[at..]]; break;
            }
            if (bytes.Length == 0) break;
        }
        return bytes;
    }
}
