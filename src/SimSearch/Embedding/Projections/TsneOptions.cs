namespace SimSearch.Embedding;

/// <summary>Where t-SNE starts from.</summary>
public enum TsneStart
{
    /// <summary>The first principal components, scaled small: keeps the coarse arrangement, and is the same for every seed.</summary>
    Pca,

    /// <summary>Small random numbers.</summary>
    Random,
}

/// <summary>How a t-SNE is made. The defaults are scikit-learn's.</summary>
public sealed record TsneOptions
{
    /// <summary>Dimensions of the projection, 2 (the default) or 3.</summary>
    public int Dimensions { get; init; } = 2;

    /// <summary>
    /// About how many neighbours count for each point, 1 to (n - 1) / 3; usual values are 5 to 50. Null (the default) takes 30, or as much as the number of points allows.
    /// </summary>
    public double? Perplexity { get; init; }

    /// <summary>Steps in all, 100 to 100,000; the first quarter of them, at most 250, with exaggerated attraction. Default 1,000.</summary>
    public int Iterations { get; init; } = 1000;

    /// <summary>How much stronger points attract each other at the beginning, 1 to 1,000. Default 12.</summary>
    public double EarlyExaggeration { get; init; } = 12;

    /// <summary>Step size, above 0; null (the default) takes n / EarlyExaggeration / 4, at least 50.</summary>
    public double? LearningRate { get; init; }

    /// <summary>
    /// How coarsely far-away points are lumped together, 0 to 1: a cell counts as one point when its width is below theta times its distance. 0 looks at every pair, of
    /// affinities too, which takes time and memory with the square of n. Default 0.5.
    /// </summary>
    public double Theta { get; init; } = 0.5;

    /// <summary>Where it starts from; the principal components by default.</summary>
    public TsneStart Start { get; init; } = TsneStart.Pca;

    /// <summary>Seed of what is random. The same seed gives the same bytes on the same machine, on any number of threads. Default 0.</summary>
    public int Seed { get; init; }

    /// <summary>Whether vectors are scaled to length 1 first, so that neighbours are those by cosine; false by default: Euclidean neighbours.</summary>
    public bool Normalize { get; init; }

    /// <summary>Threads to use; 0 (the default) means all cores.</summary>
    public int Threads { get; init; }

    /// <summary>Checks the ranges against a number of points and gives the perplexity to use.</summary>
    /// <exception cref="SimSearchException">A value is out of its range.</exception>
    internal double Check(long points)
    {
        if (Dimensions is not (2 or 3)) throw new SimSearchException($"t-SNE to {Dimensions} dimensions: must be 2 or 3");
        if (points < Tsne.FewestPoints) throw new SimSearchException($"t-SNE of {points} vectors: needs {Tsne.FewestPoints} or more; PCA works from 3 on");
        if (Iterations is < 100 or > 100_000) throw new SimSearchException($"t-SNE iterations={Iterations} must be 100 to 100000");
        if (!(EarlyExaggeration is >= 1 and <= 1000)) throw new SimSearchException($"early exaggeration={EarlyExaggeration} must be 1 to 1000");
        if (LearningRate is { } rate && !(rate > 0 && double.IsFinite(rate))) throw new SimSearchException($"learning rate={rate} must be above 0; leave it out for one that fits the number of points");
        if (!(Theta is >= 0 and <= 1)) throw new SimSearchException($"theta={Theta} must be 0 to 1");
        if (Threads is < 0 or > 1024) throw new SimSearchException($"threads={Threads} must be 0 (all cores) to 1024");
        double most = (points - 1) / 3.0;
        if (Perplexity is { } asked && !(asked >= 1 && asked <= most))
            throw new SimSearchException(FormattableString.Invariant($"perplexity={asked} must be 1 to {most:0.##} for {points} vectors: three times as many neighbours are looked at, and there must be so many"));
        return Perplexity ?? Math.Min(30, most);
    }
}
