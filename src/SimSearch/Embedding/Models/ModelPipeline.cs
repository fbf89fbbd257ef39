using System.Numerics.Tensors;

namespace SimSearch.Embedding;

/// <summary>A manifest's steps with their networks loaded, compared with the golden vector. Shared by all embedders of the same model; safe for use by many threads.</summary>
internal sealed class ModelPipeline
{
    private readonly ModelNetworks networks;

    /// <summary>Loads the networks and checks the golden vector.</summary>
    /// <exception cref="ModelException">A file is missing or another one, or the golden vector does not come out.</exception>
    public ModelPipeline(ModelManifest manifest, Func<ModelFile, string> locate)
    {
        Manifest = manifest;
        networks = new ModelNetworks(manifest, locate);
        if (manifest.Golden is { } golden) golden.Compare(Embed(golden.Samples(manifest.SampleRate)), manifest.Name);
        else NewRun(); // inputs and outputs at least are those of the manifest
    }

    public ModelManifest Manifest { get; }

    /// <summary>The pipeline of a manifest, perhaps one that is loaded already from the same unchanged files.</summary>
    public static ModelPipeline Of(ModelManifest manifest, Func<ModelFile, string> locate) => LoadedModels<ModelPipeline>.Of(manifest, locate, paths => new ModelPipeline(manifest, paths));

    /// <summary>What one thread needs.</summary>
    public ModelRun NewRun() => new(this, [.. Manifest.Steps.Select(step => step.Prepare(networks))]);

    /// <summary>Embeds one clip.</summary>
    public float[] Embed(ReadOnlySpan<float> samples)
    {
        var vector = new float[Manifest.Dimension];
        NewRun().Extract(samples, vector);
        return TensorPrimitives.IsFiniteAll<float>(vector) ? vector : throw new ModelException($"model '{Manifest.Name}' gives values that are NaN or infinite; its weights are damaged");
    }
}

/// <summary>A pipeline with buffers for one thread.</summary>
internal sealed class ModelRun(ModelPipeline pipeline, Action<ModelBlock>[] steps) : AudioExtractor
{
    private readonly ModelBlock block = new();

    public override void Extract(ReadOnlySpan<float> samples, Span<float> raw)
    {
        block.Begin(samples);
        foreach (var step in steps) step(block);
        if (block.Windows != 1 || block.Rows != 1 || block.Columns != raw.Length)
            throw new ModelException($"model '{pipeline.Manifest.Name}': its steps end with {block.Shape}, its dimension is {raw.Length}; the last steps must leave one row of that length (a pool step makes one out of many)");
        block.Values.CopyTo(raw);
    }
}
