using System.Numerics;

namespace SimSearch.Datasets;

/// <summary>
/// A random generator written out in full (xoshiro256**, Blackman and Vigna 2018, seeded by SplitMix64), so that a seed means the same
/// numbers in every version of .NET. Not for secrets.
/// </summary>
internal sealed class SeededRandom
{
    private ulong s0, s1, s2, s3;
    private double spareNormal = double.NaN;

    public SeededRandom(ulong seed) => Restart(seed);

    /// <summary>A generator for one of many independent streams under the same seed.</summary>
    public SeededRandom(ulong seed, ulong stream) : this(Mix(seed, stream)) { }

    /// <summary>Begins another stream in the same object, as a new one would.</summary>
    public void Restart(ulong seed, ulong stream) => Restart(Mix(seed, stream));

    private void Restart(ulong seed)
    {
        s0 = SplitMix(ref seed);
        s1 = SplitMix(ref seed);
        s2 = SplitMix(ref seed);
        s3 = SplitMix(ref seed);
        spareNormal = double.NaN;
    }

    private static ulong Mix(ulong seed, ulong stream)
    {
        ulong state = seed;
        ulong first = SplitMix(ref state);
        state = first ^ stream;
        return SplitMix(ref state);
    }

    private static ulong SplitMix(ref ulong state)
    {
        ulong z = state += 0x9E3779B97F4A7C15;
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
        return z ^ (z >> 31);
    }

    public ulong NextUInt64()
    {
        ulong result = BitOperations.RotateLeft(s1 * 5, 7) * 9;
        ulong t = s1 << 17;
        s2 ^= s0;
        s3 ^= s1;
        s1 ^= s2;
        s0 ^= s3;
        s2 ^= t;
        s3 = BitOperations.RotateLeft(s3, 45);
        return result;
    }

    /// <summary>Uniform in [0, 1), with 53 random bits.</summary>
    public double NextDouble() => (NextUInt64() >> 11) * (1.0 / (1UL << 53));

    /// <summary>Uniform in [low, high).</summary>
    public double Between(double low, double high) => low + (high - low) * NextDouble();

    /// <summary>Uniform on a logarithmic scale in [low, high), for frequencies and times; both above 0.</summary>
    public double LogBetween(double low, double high) => low * Math.Pow(high / low, NextDouble());

    /// <summary>Uniform in 0 .. count - 1.</summary>
    public int Below(int count) => (int)((UInt128)NextUInt64() * (uint)count >> 64);

    /// <summary>Uniform in [-1, 1): one sample of white noise.</summary>
    public float Noise() => (int)(NextUInt64() >> 32) * (1f / 2147483648f);

    /// <summary>Normal with mean 0 and deviation 1 (polar method of Marsaglia).</summary>
    public double Normal()
    {
        if (!double.IsNaN(spareNormal))
        {
            double spare = spareNormal;
            spareNormal = double.NaN;
            return spare;
        }
        double u, v, square;
        do
        {
            u = Between(-1, 1);
            v = Between(-1, 1);
            square = u * u + v * v;
        }
        while (square is >= 1 or 0);
        double scale = Math.Sqrt(-2 * Math.Log(square) / square);
        spareNormal = v * scale;
        return u * scale;
    }

    /// <summary>Puts the elements in random order (Fisher and Yates).</summary>
    public void Shuffle<T>(Span<T> values)
    {
        for (int i = values.Length - 1; i > 0; i--)
        {
            int j = Below(i + 1);
            (values[i], values[j]) = (values[j], values[i]);
        }
    }
}
