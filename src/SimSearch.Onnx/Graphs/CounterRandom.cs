namespace SimSearch.Onnx;

/// <summary>
/// Random numbers by place instead of by order: the i-th number of a stream is a hash (the finaliser of SplitMix64, twice) of seed, stream and i.
/// A training that resumes at step 700 therefore draws what it would have drawn without the break.
/// </summary>
internal readonly struct CounterRandom(ulong seed, ulong stream)
{
    private readonly ulong key = Mix(Mix(seed + 0x9E3779B97F4A7C15) ^ (stream * 0xD1B54A32D192ED03 + 0x8CB92BA72F3D8DD7));

    /// <summary>A stream of its own for a name: the FNV-1a hash of its UTF-16 units, which is the same on every machine.</summary>
    public static CounterRandom For(ulong seed, string name)
    {
        ulong hash = 14695981039346656037;
        foreach (char c in name) hash = (hash ^ c) * 1099511628211;
        return new(seed, hash);
    }

    public ulong Bits(ulong index) => Mix(Mix(key + index * 0x9E3779B97F4A7C15));

    /// <summary>In [0, 1), 53 bits.</summary>
    public double Uniform(ulong index) => (Bits(index) >> 11) * (1.0 / (1UL << 53));

    private static ulong Mix(ulong z)
    {
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
        return z ^ (z >> 31);
    }
}
