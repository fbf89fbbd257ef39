using System.Runtime.CompilerServices;

namespace SimSearch.Onnx;

/// <summary>
/// A model's inputs and outputs tied to tensors once, to be run many times: a run reads and writes the tensors' memory in place and allocates nothing. Several bindings
/// over one session may be used in turn (two sets of state that change places), and by several threads at once; one binding by one thread at a time.
/// Never tie the same memory to an input and to an output: the outputs of a graph are written while its inputs are still being read.
/// </summary>
/// <remarks>The tensors stay valid while they are bound, even when they are disposed before the binding.</remarks>
public sealed unsafe class OnnxBinding : IDisposable
{
    private readonly OnnxSession session;
    private readonly TensorHandle[] held;
    private readonly nint[] pointers; // pinned: input names, input values, output names, output values
    private readonly int inputs, outputs;
    private readonly RunOptions options = new();
    private int busy;
    private bool disposed;

    internal OnnxBinding(OnnxSession session, IReadOnlyList<(string Name, OnnxTensor Tensor)> inputs, IReadOnlyList<(string Name, OnnxTensor Tensor)> outputs)
    {
        this.session = session;
        this.inputs = inputs.Count;
        this.outputs = outputs.Count;
        session.DemandInputs(inputs);
        if (outputs.Count == 0) throw new OnnxTensorException("no output was given; a run computes only the outputs that are bound");
        pointers = GC.AllocateArray<nint>(2 * (inputs.Count + outputs.Count), pinned: true);
        var tensors = new List<TensorHandle>(inputs.Count + outputs.Count);
        session.Handle.Hold();
        try
        {
            for (int i = 0; i < inputs.Count; i++)
            {
                pointers[i] = session.NameOf(session.InputIndex(inputs[i].Name), output: false);
                pointers[inputs.Count + i] = Hold(inputs[i].Tensor);
            }
            for (int i = 0; i < outputs.Count; i++)
            {
                var (name, tensor) = outputs[i];
                int index = session.OutputIndex(name);
                session.Outputs[index].Demand(tensor, "output");
                if (inputs.Any(input => ReferenceEquals(input.Tensor, tensor)) || outputs.Take(i).Any(other => ReferenceEquals(other.Tensor, tensor)))
                    throw new OnnxTensorException($"output '{name}' is tied to a tensor that is bound already; each output needs memory of its own");
                if (outputs.Take(i).Any(other => other.Name == name)) throw new OnnxTensorException($"output '{name}' is bound twice");
                pointers[2 * inputs.Count + i] = session.NameOf(index, output: true);
                pointers[2 * inputs.Count + outputs.Count + i] = Hold(tensor);
            }
        }
        catch
        {
            foreach (var tensor in tensors) tensor.DangerousRelease();
            session.Handle.DangerousRelease();
            options.Dispose();
            throw;
        }
        held = [.. tensors];

        nint Hold(OnnxTensor tensor)
        {
            bool added = false;
            tensor.Handle.DangerousAddRef(ref added);
            tensors.Add(tensor.Handle);
            return tensor.Handle.Value;
        }
    }

    /// <summary>Runs the model on what the bound inputs hold now.</summary>
    /// <param name="cancellation">Stops the run before its next node, as the interrupt of a notebook's cell does; what the outputs hold is then undefined, the inputs are as they were.</param>
    /// <exception cref="OnnxRunException">ONNX Runtime reports an error, for instance that a bound output has another shape than the one computed.</exception>
    /// <exception cref="OperationCanceledException">It was stopped.</exception>
    /// <exception cref="InvalidOperationException">Another thread is running this binding.</exception>
    public void Run(CancellationToken cancellation = default)
    {
        ObjectDisposedException.ThrowIf(disposed, this);
        if (Interlocked.Exchange(ref busy, 1) != 0) throw new InvalidOperationException("another thread is running this binding; make one binding for each thread");
        try
        {
            using var stop = options.StopOn(cancellation);
            nint* p = (nint*)Unsafe.AsPointer(ref pointers[0]);
            nint status = session.Call(options.Value, p, p + inputs, inputs, p + 2 * inputs, outputs, p + 2 * inputs + outputs);
            if (status != 0) OnnxSession.Throw(status, stop);
        }
        finally
        {
            options.Reset();
            Volatile.Write(ref busy, 0);
        }
    }

    /// <summary>Lets the tensors and the session go.</summary>
    /// <exception cref="InvalidOperationException">Another thread is running this binding.</exception>
    public void Dispose()
    {
        if (disposed) return;
        if (Interlocked.Exchange(ref busy, 1) != 0) throw new InvalidOperationException("another thread is running this binding; stop it first");
        disposed = true;
        foreach (var tensor in held) tensor.DangerousRelease();
        session.Handle.DangerousRelease();
        options.Dispose();
    }
}
