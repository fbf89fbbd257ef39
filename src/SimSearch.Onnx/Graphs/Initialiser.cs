namespace SimSearch.Onnx;

/// <summary>How a parameter starts. The numbers follow from the seed and the parameter's name alone, so adding a layer does not change the others.</summary>
public abstract record Initialiser
{
    /// <summary>Every element the same number.</summary>
    public static Initialiser Constant(double value) => new ConstantInitialiser(value);

    /// <summary>Uniform in [-bound, bound].</summary>
    public static Initialiser Uniform(double bound) => new UniformInitialiser(bound);

    /// <summary>Uniform in ±1/sqrt(fanIn), the number of inputs that one output sums over.</summary>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="fanIn"/> is smaller than 1.</exception>
    public static Initialiser FanIn(long fanIn) => fanIn >= 1
        ? new UniformInitialiser(1 / Math.Sqrt(fanIn))
        : throw new ArgumentOutOfRangeException(nameof(fanIn), fanIn, $"fanIn={fanIn} must be 1 or more");

    /// <summary>Normal with mean 0.</summary>
    public static Initialiser Normal(double deviation) => new NormalInitialiser(deviation);

    /// <summary>Writes the first values.</summary>
    internal abstract void Fill(Span<float> values, CounterRandom random);

    private sealed record ConstantInitialiser(double Value) : Initialiser
    {
        internal override void Fill(Span<float> values, CounterRandom random) => values.Fill((float)Value);
    }

    private sealed record UniformInitialiser(double Bound) : Initialiser
    {
        internal override void Fill(Span<float> values, CounterRandom random)
        {
            for (int i = 0; i < values.Length; i++) values[i] = (float)(Bound * (2 * random.Uniform((ulong)i) - 1));
        }
    }

    private sealed record NormalInitialiser(double Deviation) : Initialiser
    {
        internal override void Fill(Span<float> values, CounterRandom random)
        {
            // Box and Muller; each number takes two draws of its own, so that its value depends on its place alone.
            for (int i = 0; i < values.Length; i++)
                values[i] = (float)(Deviation * Math.Sqrt(-2 * Math.Log(1 - random.Uniform(2 * (ulong)i))) * Math.Cos(2 * Math.PI * random.Uniform(2 * (ulong)i + 1)));
        }
    }
}
