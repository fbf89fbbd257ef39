using System.Text.Json.Nodes;

namespace SimSearch.Embedding;

/// <summary>
/// Something done to every vector after it is made. It is either fitted (<see cref="IFittedStep"/>) or a recipe that takes its numbers
/// from the vectors of the first data set it meets, and travels with the embedder in both states.
/// </summary>
public interface IVectorStep
{
    /// <summary>What it is, as in <c>embedder.json</c>: "standardizer", "pca".</summary>
    string Kind { get; }

    /// <summary>The step with its numbers taken from vectors; a fitted step returns itself.</summary>
    /// <param name="vectors">[rows x dimension]; finite.</param>
    /// <exception cref="SimSearchException">There are too few vectors.</exception>
    IFittedStep Fit(VectorMatrix vectors);

    /// <summary>Length of the vectors that come out when vectors of some length go in.</summary>
    /// <param name="inputDimension">Length of the vectors that go in.</param>
    int OutputFor(int inputDimension) => inputDimension;

    /// <summary>Everything it consists of; <see cref="VectorSteps.FromJson"/> reads it back.</summary>
    JsonObject ToJson();
}

/// <summary>A step that has its numbers. Safe to use from several threads at once.</summary>
public interface IFittedStep : IVectorStep
{
    /// <summary>Length of the vectors it takes.</summary>
    int InputDimension { get; }

    /// <summary>Length of the vectors it gives.</summary>
    int OutputDimension { get; }

    /// <summary>Transforms one vector.</summary>
    /// <param name="input">[InputDimension].</param>
    /// <param name="output">Receives [OutputDimension]; may not overlap the input.</param>
    /// <exception cref="ArgumentException">A length is wrong.</exception>
    void Apply(ReadOnlySpan<float> input, Span<float> output);

    IFittedStep IVectorStep.Fit(VectorMatrix vectors) => this;

    int IVectorStep.OutputFor(int inputDimension) => OutputDimension;
}
