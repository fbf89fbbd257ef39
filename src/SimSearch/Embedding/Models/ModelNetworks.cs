using SimSearch.Onnx;

namespace SimSearch.Embedding;

/// <summary>What a network gives: the values and their shape.</summary>
internal delegate void NetworkOutput(ReadOnlySpan<float> values, ReadOnlySpan<long> shape);

/// <summary>The sessions of a manifest's networks, shared by all threads that embed.</summary>
internal sealed class ModelNetworks
{
    private readonly Dictionary<string, OnnxSession> sessions = [];

    /// <summary>Loads the networks.</summary>
    /// <param name="manifest">The manifest.</param>
    /// <param name="locate">Path of each of its files.</param>
    /// <exception cref="ModelException">A file is missing, is not the one the manifest means, or cannot be loaded.</exception>
    public ModelNetworks(ModelManifest manifest, Func<ModelFile, string> locate)
    {
        foreach (var file in manifest.Files)
        {
            string path = locate(file);
            try
            {
                // One thread a run: clips are embedded side by side, and the result does not depend on the machine.
                sessions.Add(file.Name, OnnxSession.FromFile(path, OnnxSessionOptions.SingleThread, file.Sha256));
            }
            catch (OnnxException e)
            {
                throw new ModelException($"model '{manifest.Name}': {e.Message}", e);
            }
        }
    }

    /// <summary>The session a step runs, once it is known to have the step's input and output.</summary>
    public OnnxSession Session(NetworkStep step)
    {
        var session = sessions[step.File];
        string Has(IReadOnlyList<OnnxValueInfo> values) => string.Join("; ", values);
        if (session.Inputs is not [var only] || only.Name != step.Input) throw new ModelException($"network {step.File}: its input must be '{step.Input}' and nothing else; it has {Has(session.Inputs)}");
        if (only.ElementType != OnnxElementType.Float) throw new ModelException($"network {step.File}: input '{step.Input}' is of {only.ElementType}; only networks that take floats can embed sounds");
        var output = session.Outputs.FirstOrDefault(o => o.Name == step.Output) ?? throw new ModelException($"network {step.File}: has no output '{step.Output}'; it has {Has(session.Outputs)}");
        if (output.ElementType != OnnxElementType.Float) throw new ModelException($"network {step.File}: output '{step.Output}' is {output}; it must be of floats");
        return session;
    }

    /// <summary>Runs a network.</summary>
    public void Run(NetworkStep step, OnnxSession session, Memory<float> input, long[] shape, NetworkOutput output)
    {
        try
        {
            using var tensor = OnnxTensor.Over(input, shape);
            using var results = session.Run([(step.Input, tensor)], [step.Output]);
            output(results[step.Output].Span<float>(), results[step.Output].Shape);
        }
        catch (OnnxException e)
        {
            throw new ModelException($"network {step.File}: {e.Message}", e);
        }
    }
}
