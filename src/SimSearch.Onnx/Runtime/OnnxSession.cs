using System.Runtime.InteropServices;
using System.Security.Cryptography;

namespace SimSearch.Onnx;

/// <summary>A model loaded into ONNX Runtime, ready to run. Safe to use from several threads at once.</summary>
/// <example><code>
/// using var session = OnnxSession.FromFile("model.onnx");
/// using var image = OnnxTensor.Create&lt;float&gt;(1, 3, 224, 224);
/// using var results = session.Run([("input", image)]);
/// ReadOnlySpan&lt;float&gt; logits = results["output"].Span&lt;float&gt;();
/// </code></example>
public sealed unsafe partial class OnnxSession : IDisposable
{
    private readonly OnnxSessionOptions options;
    private readonly SessionHandle handle;
    private readonly Dictionary<string, int> inputIndex, outputIndex;

    private OnnxSession(SessionHandle handle, OnnxSessionOptions options, OnnxDevice device, string? warning)
    {
        this.handle = handle;
        this.options = options;
        Device = device;
        Warning = warning;
        Inputs = ReadValues(OrtApi.InputCount, OrtApi.InputName, OrtApi.InputTypeInfo);
        Outputs = ReadValues(OrtApi.OutputCount, OrtApi.OutputName, OrtApi.OutputTypeInfo);
        inputIndex = Places(Inputs, "input");
        outputIndex = Places(Outputs, "output");
        handle.SetNames(Inputs.Select(v => v.Name), Outputs.Select(v => v.Name));
        Metadata = ReadMetadata();
    }

    /// <summary>What the model takes, in its order.</summary>
    public IReadOnlyList<OnnxValueInfo> Inputs { get; }

    /// <summary>What the model gives, in its order.</summary>
    public IReadOnlyList<OnnxValueInfo> Outputs { get; }

    /// <summary>What the model says of itself.</summary>
    public OnnxMetadata Metadata { get; }

    /// <summary>What computes: the device asked for, or the processor when that does not work.</summary>
    public OnnxDevice Device { get; }

    /// <summary>Why the device asked for is not used, to be shown to the user; null when it is.</summary>
    public string? Warning { get; }

    internal SessionHandle Handle => handle;

    /// <summary>Loads a model from memory, which is not needed afterwards.</summary>
    /// <param name="model">The bytes of an ONNX file, weights included.</param>
    /// <param name="options">How it runs; null for the defaults.</param>
    /// <exception cref="OnnxModelException">It is not an ONNX model, is damaged, refers to files outside itself, passes the limits, or cannot be loaded by this version of ONNX Runtime.</exception>
    /// <exception cref="OnnxNotInstalledException">There is no ONNX Runtime.</exception>
    public static OnnxSession FromBytes(ReadOnlySpan<byte> model, OnnxSessionOptions? options = null)
    {
        options ??= new OnnxSessionOptions();
        options.Validate();
        _ = OnnxRuntime.Loaded;
        OnnxModelInfo.Read(model, options.Limits);
        var (session, device, warning) = SessionSetup.Create(model, options);
        var handle = new SessionHandle(session);
        try
        {
            return new OnnxSession(handle, options, device, warning);
        }
        catch
        {
            handle.Dispose();
            throw;
        }
    }

    /// <summary>Loads a model from a file.</summary>
    /// <param name="path">The file.</param>
    /// <param name="options">How it runs; null for the defaults.</param>
    /// <param name="sha256">When not null, the SHA-256 in hex that the file must have.</param>
    /// <param name="innerOutput">When not null, a value within the graph that is made an output after the hash was checked; see <see cref="InnerOutput"/>.</param>
    /// <exception cref="OnnxModelException">The file is absent or unreadable, has another hash, or <see cref="FromBytes"/> refuses it.</exception>
    public static OnnxSession FromFile(string path, OnnxSessionOptions? options = null, string? sha256 = null, string? innerOutput = null)
    {
        byte[] bytes = OnnxFile.Read(path, (options?.Limits ?? OnnxLimits.Default).ModelBytes);
        if (sha256 is not null && Convert.ToHexStringLower(SHA256.HashData(bytes)) is var actual && !actual.Equals(sha256, StringComparison.OrdinalIgnoreCase))
            throw new OnnxModelException($"{path} has SHA-256 {actual}, expected {sha256.ToLowerInvariant()}: it is another model or damaged; fetch it again");
        try
        {
            return FromBytes(innerOutput is null ? bytes : InnerOutput.Add(bytes, innerOutput), options);
        }
        catch (OnnxModelException error)
        {
            throw new OnnxModelException($"{path}: {error.Message}", error);
        }
    }

    /// <summary>Runs the model once; ONNX Runtime makes the outputs.</summary>
    /// <param name="inputs">A tensor for every input, by name.</param>
    /// <param name="outputs">Which outputs to compute; null for all.</param>
    /// <param name="cancellation">Stops the run before its next node, as the interrupt of a notebook's cell does. A single operator runs to its end.</param>
    /// <returns>The outputs by name; dispose them together.</returns>
    /// <exception cref="OnnxTensorException">A name, type or shape does not fit; an input is missing, or so large that the run may not find the memory it takes (<see cref="OnnxLimits.RunFactor"/>).</exception>
    /// <exception cref="OnnxRunException">ONNX Runtime reports an error.</exception>
    /// <exception cref="OperationCanceledException">It was stopped.</exception>
    public OnnxResults Run(IReadOnlyList<(string Name, OnnxTensor Tensor)> inputs, IReadOnlyList<string>? outputs = null, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(inputs);
        DemandInputs(inputs);
        int[] wanted = outputs is null ? [.. Enumerable.Range(0, Outputs.Count)] : [.. outputs.Select(OutputIndex)];
        if (wanted.Distinct().Count() != wanted.Length) throw new OnnxTensorException($"an output was asked for twice: {string.Join(", ", outputs!)}");
        var outputValues = new nint[wanted.Length];
        int held = 0;
        using var run = new RunOptions();
        handle.Hold(); // its names are used below
        try
        {
            nint[] inputNames = [.. inputs.Select(i => NameOf(InputIndex(i.Name), output: false))], outputNames = [.. wanted.Select(i => NameOf(i, output: true))];
            var inputValues = new nint[inputs.Count];
            for (; held < inputs.Count; held++)
            {
                bool added = false;
                inputs[held].Tensor.Handle.DangerousAddRef(ref added);
                inputValues[held] = inputs[held].Tensor.Handle.Value;
            }
            using var stop = run.StopOn(cancellation);
            fixed (nint* names = inputNames, values = inputValues, names2 = outputNames, values2 = outputValues)
            {
                nint status = Call(run.Value, names, values, inputs.Count, names2, wanted.Length, values2);
                if (status != 0) Throw(status, stop);
            }
        }
        finally
        {
            while (--held >= 0) inputs[held].Tensor.Handle.DangerousRelease();
            handle.DangerousRelease();
        }
        return OnnxResults.Take([.. wanted.Select(i => Outputs[i].Name)], outputValues);
    }

    /// <summary>Ties inputs and outputs to tensors, for running many times without allocating.</summary>
    /// <param name="inputs">A tensor for every input, by name.</param>
    /// <param name="outputs">Tensors for the outputs to compute, of exactly the shape that the model will give.</param>
    /// <exception cref="OnnxTensorException">A name, type or shape does not fit; an input is missing; no output is given; memory is used twice.</exception>
    public OnnxBinding Bind(IReadOnlyList<(string Name, OnnxTensor Tensor)> inputs, IReadOnlyList<(string Name, OnnxTensor Tensor)> outputs) => new(this, inputs, outputs);

    /// <inheritdoc/>
    public void Dispose() => handle.Dispose();

    internal nint NameOf(int index, bool output) => output ? handle.Output(index) : handle.Input(index);

    internal int InputIndex(string name) => inputIndex.TryGetValue(name, out int i) ? i
        : throw new OnnxTensorException($"the model has no input '{name}'; it has {List(Inputs)}");

    internal int OutputIndex(string name) => outputIndex.TryGetValue(name, out int i) ? i
        : throw new OnnxTensorException($"the model has no output '{name}'; it has {List(Outputs)}");

    internal void DemandInputs(IReadOnlyList<(string Name, OnnxTensor Tensor)> inputs)
    {
        Span<bool> seen = stackalloc bool[256];
        if (Inputs.Count > seen.Length) seen = new bool[Inputs.Count];
        foreach (var (name, tensor) in inputs)
        {
            int index = InputIndex(name);
            if (seen[index]) throw new OnnxTensorException($"input '{name}' was given twice");
            seen[index] = true;
            Inputs[index].Demand(tensor, "input");
        }
        DemandMemory(inputs);
        for (int i = 0; i < Inputs.Count; i++)
            if (!seen[i]) throw new OnnxTensorException($"input '{Inputs[i].Name}' is missing; the model takes {List(Inputs)}");
    }

    // How much a model makes of inputs whose size it leaves open is only known when it is too late: from a size on that matters, a stated multiple of them must be free.
    private void DemandMemory(IReadOnlyList<(string Name, OnnxTensor Tensor)> inputs)
    {
        const long matters = 1L << 28;
        Int128 bytes = 0;
        foreach (var (name, tensor) in inputs)
            if (Inputs[InputIndex(name)].IsOpen) bytes += (Int128)tensor.Count * tensor.ElementType.Bits() / 8;
        Int128 needed = bytes * options.Limits.RunFactor;
        if (needed < matters || AvailableMemory.Bytes is var free && needed <= free) return;
        throw new OnnxTensorException($"the inputs have {MemoryEstimate.Megabytes((long)bytes)} where the model leaves their size open; a run may take {options.Limits.RunFactor} times that ({MemoryEstimate.Megabytes((long)needed)}), " +
            $"and {MemoryEstimate.Megabytes(free)} are free: give it less at once (shorter clips, a smaller batch), or set OnnxLimits.RunFactor to what this model really takes");
    }

    /// <summary>Runs; the caller holds the session and the tensors.</summary>
    internal nint Call(nint run, nint* inputNames, nint* inputs, int inputCount, nint* outputNames, int outputCount, nint* outputs)
    {
        uint mode = FlushDenormals.Begin(options.FlushDenormals);
        nint status = ((delegate* unmanaged<nint, nint, nint*, nint*, nuint, nint*, nuint, nint*, nint>)OrtApi.Function(OrtApi.Run))(
            handle.Value, run, inputNames, inputs, (nuint)inputCount, outputNames, (nuint)outputCount, outputs);
        FlushDenormals.Restore(mode);
        return status;
    }

    internal static void Throw(nint status, RunStop stop)
    {
        var error = OrtApi.Failure(status)!;
        stop.ThrowIfCancelled();
        throw new OnnxRunException($"the model did not run: {error}");
    }

    private static Dictionary<string, int> Places(IReadOnlyList<OnnxValueInfo> values, string what)
    {
        var places = new Dictionary<string, int>();
        for (int i = 0; i < values.Count; i++)
            if (!places.TryAdd(values[i].Name, i)) throw new OnnxModelException($"the model declares {what} '{values[i].Name}' twice; names must differ");
        return places;
    }

    private static string List(IReadOnlyList<OnnxValueInfo> values) => values.Count == 0 ? "none" : string.Join("; ", values);

    private OnnxValueInfo[] ReadValues(int countSlot, int nameSlot, int infoSlot)
    {
        nuint count;
        OrtApi.Check(((delegate* unmanaged<nint, nuint*, nint>)OrtApi.Function(countSlot))(handle.Value, &count), "reading the model");
        var values = new OnnxValueInfo[(int)count];
        for (nuint i = 0; i < count; i++)
        {
            nint name, info;
            OrtApi.Check(((delegate* unmanaged<nint, nuint, nint, nint*, nint>)OrtApi.Function(nameSlot))(handle.Value, i, OnnxRuntime.Loaded.Allocator, &name), "reading the model");
            string text = OrtApi.Take(name);
            OrtApi.Check(((delegate* unmanaged<nint, nuint, nint*, nint>)OrtApi.Function(infoSlot))(handle.Value, i, &info), "reading the model");
            values[(int)i] = OnnxValueInfo.Read(text, info);
        }
        return values;
    }
}
