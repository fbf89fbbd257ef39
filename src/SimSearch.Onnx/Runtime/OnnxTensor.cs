using System.Buffers;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace SimSearch.Onnx;

/// <summary>
/// A tensor that ONNX Runtime can read and write: its memory is pinned and contiguous, row-major. Made by <see cref="Create{T}"/> (own memory), <see cref="Of{T}"/> (a copy),
/// <see cref="Over{T}"/> (the caller's memory) or by <see cref="OnnxSession.Run(IReadOnlyList{ValueTuple{string, OnnxTensor}}, IReadOnlyList{string}?, CancellationToken)"/>.
/// The contents may be changed between runs. Memory that is bound by an <see cref="OnnxBinding"/> stays valid until that binding is disposed too.
/// </summary>
public sealed unsafe class OnnxTensor : IDisposable
{
    private readonly TensorHandle handle;
    private readonly long[] shape;
    private readonly nint data;

    private OnnxTensor(TensorHandle handle, nint data, OnnxElementType type, long[] shape)
    {
        this.handle = handle;
        this.data = data;
        this.shape = shape;
        ElementType = type;
        Count = Elements(shape);
    }

    /// <summary>The type of its elements.</summary>
    public OnnxElementType ElementType { get; }

    /// <summary>Its dimensions, outermost first; empty for a scalar.</summary>
    public ReadOnlySpan<long> Shape => shape;

    /// <summary>Number of elements: the product of the dimensions, 1 for a scalar.</summary>
    public long Count { get; }

    internal TensorHandle Handle => handle;

    /// <summary>A tensor of zeros.</summary>
    /// <typeparam name="T">float, double, Half, bool or an integer type.</typeparam>
    /// <param name="shape">Dimensions, each at least 0; none for a scalar.</param>
    /// <exception cref="OnnxTensorException">A dimension is negative, or there are more than 2^31 - 64 bytes or elements.</exception>
    public static OnnxTensor Create<T>(params ReadOnlySpan<long> shape) where T : unmanaged
    {
        int count = Countable<T>(shape);
        return Wrap(Own<T>(count), shape);
    }

    /// <summary>A tensor with a copy of <paramref name="values"/>.</summary>
    /// <param name="values">As many elements as <paramref name="shape"/> holds, row-major.</param>
    /// <param name="shape">Dimensions; none for a scalar.</param>
    /// <exception cref="OnnxTensorException">The shape holds another number of elements.</exception>
    public static OnnxTensor Of<T>(ReadOnlySpan<T> values, params ReadOnlySpan<long> shape) where T : unmanaged
    {
        Demand(values.Length, Countable<T>(shape), shape);
        var memory = Own<T>(values.Length);
        values.CopyTo(memory.Span);
        return Wrap(memory, shape);
    }

    /// <summary>A tensor over the caller's memory, which is pinned until the tensor (and every binding that holds it) is disposed.</summary>
    /// <param name="memory">As many elements as <paramref name="shape"/> holds, row-major.</param>
    /// <param name="shape">Dimensions; none for a scalar.</param>
    /// <exception cref="OnnxTensorException">The shape holds another number of elements.</exception>
    public static OnnxTensor Over<T>(Memory<T> memory, params ReadOnlySpan<long> shape) where T : unmanaged
    {
        Demand(memory.Length, Countable<T>(shape), shape);
        return memory.Length == 0 ? Wrap(Own<T>(0), shape) : Wrap(memory, shape);
    }

    /// <summary>The elements. The span is valid until the tensor is disposed.</summary>
    /// <exception cref="OnnxTensorException">The elements are not of type <typeparamref name="T"/>, or there are more than a span holds.</exception>
    public Span<T> Span<T>() where T : unmanaged
    {
        ObjectDisposedException.ThrowIf(handle.IsClosed, this);
        if (OnnxElementTypes.Of<T>() != ElementType) throw new OnnxTensorException($"the tensor's elements are {ElementType}, not {OnnxElementTypes.Of<T>()}");
        if (Count > int.MaxValue) throw new OnnxTensorException($"the tensor holds {Count} elements; a span holds at most {int.MaxValue}");
        return new Span<T>((void*)data, (int)Count);
    }

    /// <summary>The elements of a tensor of texts.</summary>
    /// <exception cref="OnnxTensorException">It is not a tensor of texts.</exception>
    public string[] Strings()
    {
        ObjectDisposedException.ThrowIf(handle.IsClosed, this);
        if (ElementType != OnnxElementType.String) throw new OnnxTensorException($"the tensor's elements are {ElementType}, not texts");
        var texts = new string[Count];
        for (int i = 0; i < texts.Length; i++)
        {
            nuint length;
            OrtApi.Check(((delegate* unmanaged<nint, nuint, nuint*, nint>)OrtApi.Function(OrtApi.GetStringLength))(handle.Value, (nuint)i, &length), "reading a text");
            var bytes = new byte[(int)length];
            fixed (byte* b = bytes)
                OrtApi.Check(((delegate* unmanaged<nint, nuint, nuint, byte*, nint>)OrtApi.Function(OrtApi.GetString))(handle.Value, length, (nuint)i, b), "reading a text");
            texts[i] = System.Text.Encoding.UTF8.GetString(bytes);
        }
        GC.KeepAlive(this);
        return texts;
    }

    /// <inheritdoc/>
    public void Dispose() => handle.Dispose();

    /// <summary>"Float [1, 3, 224, 224]".</summary>
    public override string ToString() => $"{ElementType} [{string.Join(", ", shape)}]";

    /// <summary>Takes over a value that a run made.</summary>
    /// <exception cref="OnnxTensorException">It is not a tensor.</exception>
    internal static OnnxTensor Take(nint value, string name)
    {
        var handle = new TensorHandle(value, null, default);
        try
        {
            int kind;
            OrtApi.Check(((delegate* unmanaged<nint, int*, nint>)OrtApi.Function(OrtApi.GetValueType))(value, &kind), "reading an output");
            if (kind != (int)OnnxValueKind.Tensor) throw new OnnxTensorException($"output '{name}' is a {(OnnxValueKind)kind}, not a tensor; ask for the other outputs by name");
            nint info;
            OrtApi.Check(((delegate* unmanaged<nint, nint*, nint>)OrtApi.Function(OrtApi.GetTensorTypeAndShape))(value, &info), "reading an output");
            var (type, shape, _) = OnnxValueInfo.ReadTensor(info, OrtApi.ReleaseTensorInfo);
            nint data = 0;
            if (type != OnnxElementType.String) OrtApi.Check(((delegate* unmanaged<nint, nint*, nint>)OrtApi.Function(OrtApi.GetTensorData))(value, &data), "reading an output");
            return new OnnxTensor(handle, data, type, shape);
        }
        catch
        {
            handle.Dispose();
            throw;
        }
    }

    /// <summary>The product of the dimensions.</summary>
    /// <exception cref="OnnxTensorException">One is negative or the product passes 2^63.</exception>
    internal static long Elements(ReadOnlySpan<long> shape)
    {
        Int128 count = 1;
        foreach (long d in shape)
        {
            if (d < 0) throw new OnnxTensorException($"shape [{string.Join(", ", shape.ToArray())}] has a negative dimension");
            count *= d;
            if (count > long.MaxValue) throw new OnnxTensorException($"shape [{string.Join(", ", shape.ToArray())}] holds more elements than can be counted");
        }
        return (long)count;
    }

    private static int Countable<T>(ReadOnlySpan<long> shape) where T : unmanaged
    {
        long count = Elements(shape);
        if (count > Array.MaxLength) throw new OnnxTensorException($"shape [{string.Join(", ", shape.ToArray())}] holds {count} elements; at most {Array.MaxLength} fit in one tensor made here");
        return (int)count;
    }

    private static void Demand(int given, int wanted, ReadOnlySpan<long> shape)
    {
        if (given != wanted) throw new OnnxTensorException($"{given} values were given for shape [{string.Join(", ", shape.ToArray())}], which holds {wanted}");
    }

    // Never an array of no elements: its address would be null.
    private static Memory<T> Own<T>(int count) where T : unmanaged => GC.AllocateArray<T>(Math.Max(count, 1), pinned: true).AsMemory(0, Math.Max(count, 1));

    private static OnnxTensor Wrap<T>(Memory<T> memory, ReadOnlySpan<long> shape) where T : unmanaged
    {
        var type = OnnxElementTypes.Of<T>();
        nint memoryInfo = OnnxRuntime.Loaded.CpuMemory;
        var pin = memory.Pin();
        try
        {
            nint value;
            nuint bytes = (nuint)Elements(shape) * (nuint)sizeof(T);
            fixed (long* dimensions = &MemoryMarshal.GetReference(shape))
            {
                long none = 0;
                OrtApi.Check(((delegate* unmanaged<nint, void*, nuint, long*, nuint, int, nint*, nint>)OrtApi.Function(OrtApi.CreateTensorWithData))(
                    memoryInfo, pin.Pointer, bytes, shape.Length == 0 ? &none : dimensions, (nuint)shape.Length, (int)type, &value), "making a tensor");
            }
            return new OnnxTensor(new TensorHandle(value, memory, pin), (nint)pin.Pointer, type, shape.ToArray());
        }
        catch
        {
            pin.Dispose();
            throw;
        }
    }
}

/// <summary>An OrtValue, and the memory below it, which lives as long as anyone (a tensor, a binding) holds the handle.</summary>
internal sealed class TensorHandle : SafeHandle
{
    private object? memory;
    private MemoryHandle pin;

    internal TensorHandle(nint value, object? memory, MemoryHandle pin) : base(0, ownsHandle: true)
    {
        this.memory = memory;
        this.pin = pin;
        SetHandle(value);
    }

    internal nint Value => handle;

    public override bool IsInvalid => handle == 0;

    protected override bool ReleaseHandle()
    {
        OrtApi.Release(OrtApi.ReleaseValue, handle);
        pin.Dispose();
        memory = null;
        return true;
    }
}
