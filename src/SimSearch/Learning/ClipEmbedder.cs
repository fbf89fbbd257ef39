using SimSearch.Embedding;
using SimSearch.Evaluation;
using SimSearch.Onnx;

namespace SimSearch.Learning;

/// <summary>Embeds clips of a <see cref="MelPowerStore"/> with a trained network, without reading their files again.</summary>
public sealed class ClipEmbedder : IDisposable
{
    private readonly OnnxSession session;
    private readonly FeatureOptions features;

    /// <summary>Loads a network.</summary>
    /// <param name="model">What <see cref="MetricLearner"/> exported.</param>
    /// <param name="features">What it hears.</param>
    /// <param name="threads">Threads of a run.</param>
    public ClipEmbedder(byte[] model, FeatureOptions features, int threads = 1)
    {
        this.features = features;
        session = OnnxSession.FromBytes(model, new() { Threads = threads });
        Dimension = (int)session.Outputs[0].Shape[^1];
    }

    /// <summary>Length of the vectors.</summary>
    public int Dimension { get; }

    /// <summary>The vectors of some clips.</summary>
    /// <param name="store">The clips.</param>
    /// <param name="clips">Which.</param>
    /// <returns>Embeddings in the order of <paramref name="clips"/>.</returns>
    public Embeddings Embed(MelPowerStore store, IReadOnlyList<int> clips)
    {
        var vectors = VectorMatrix.Allocate(clips.Count, Dimension);
        for (int row = 0; row < clips.Count; row++) Embed(store.Plain(clips[row]), vectors.WritableRows(row, 1));
        return new Embeddings(vectors, [.. clips.Select(clip => store.Items[clip])], "learned", "learned");
    }

    /// <summary>How well clips find those of their class among others.</summary>
    /// <param name="store">The clips.</param>
    /// <param name="queries">What is asked.</param>
    /// <param name="gallery">What is searched, exactly, by cosine.</param>
    /// <param name="threads">Threads of the search.</param>
    /// <param name="samples">Resamplings for intervals; 0, the default, for none.</param>
    public RetrievalReport Evaluate(MelPowerStore store, IReadOnlyList<int> queries, IReadOnlyList<int> gallery, int threads, int samples = 0)
    {
        using Embeddings asked = Embed(store, queries), searched = Embed(store, gallery);
        return RetrievalEvaluator.Evaluate(searched, asked, options: new() { Ks = [1, 10], BootstrapSamples = samples, Threads = threads });
    }

    /// <inheritdoc/>
    public void Dispose() => session.Dispose();

    private void Embed(ReadOnlySpan<float> power, Span<float> vector)
    {
        int bands = features.Mel.Bands;
        using var input = OnnxTensor.Create<float>(1, Placement.Frames(power.Length / bands, features), bands);
        Placement.Place(power, features, input.Span<float>());
        using var results = session.Run([(session.Inputs[0].Name, input)]);
        results[session.Outputs[0].Name].Span<float>().CopyTo(vector);
    }
}
