namespace SimSearch.Embedding;

/// <summary>Turns things (audio signals, texts, images) into vectors.</summary>
/// <typeparam name="T">What is embedded.</typeparam>
public interface IEmbedder<in T>
{
    /// <summary>Short name as on the command line: "combined-stats".</summary>
    string Name { get; }

    /// <summary>Length of every vector it makes.</summary>
    int Dimension { get; }

    /// <summary>
    /// Lower-case hex SHA-256 of everything that changes the output: name, version of the algorithm, options, and the numbers of fitted steps.
    /// Vectors of different fingerprints must never be compared.
    /// </summary>
    string Fingerprint { get; }

    /// <summary>Embeds a batch. Safe to call from several threads at once.</summary>
    /// <param name="batch">What to embed; may be empty.</param>
    /// <param name="vectors">Receives [batch.Count x Dimension], row-major, finite values only.</param>
    /// <param name="cancellation">Stops the work between two elements.</param>
    void Embed(IReadOnlyList<T> batch, Span<float> vectors, CancellationToken cancellation = default);
}
