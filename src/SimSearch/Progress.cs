namespace SimSearch;

/// <summary>How far a long piece of work has come.</summary>
/// <param name="Step">What is being done, as a short phrase for people: "embedding", "training the index".</param>
/// <param name="Done">Units finished so far; never larger than <paramref name="Total"/> when that is known.</param>
/// <param name="Total">Units in all, or 0 when unknown.</param>
/// <param name="Detail">What is in hand right now (a file name, say), or null.</param>
public readonly record struct Progress(string Step, long Done, long Total, string? Detail = null)
{
    /// <summary>
    /// A new bar to hand to long work: <c>DatasetEmbedding.Embed(sounds, embedder, progress: Progress.Bar)</c>. In a notebook it shows itself below the cell
    /// and moves; anywhere else it is silent.
    /// </summary>
    public static ProgressBar Bar => new();
}
