using System.Runtime.InteropServices;

namespace SimSearch.Onnx;

/// <summary>What kind of thing a model takes or gives, with ONNX's numbers.</summary>
public enum OnnxValueKind
{
    /// <summary>Not known.</summary>
    Unknown = 0,
    /// <summary>A tensor: the only kind that this binding passes.</summary>
    Tensor = 1,
    /// <summary>A sequence.</summary>
    Sequence = 2,
    /// <summary>A map.</summary>
    Map = 3,
    /// <summary>An opaque value.</summary>
    Opaque = 4,
    /// <summary>A sparse tensor.</summary>
    SparseTensor = 5,
    /// <summary>An optional value.</summary>
    Optional = 6,
}

/// <summary>An input or output of a model.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Kind">Tensor, or one of the kinds that cannot be passed.</param>
/// <param name="ElementType">The type of a tensor's elements.</param>
/// <param name="Shape">Dimensions, -1 where the model leaves one open. Empty for a scalar, for what is no tensor, and for a model that declares no shape at all.</param>
/// <param name="Symbols">For each dimension the name the model gives it ("batch"), or "".</param>
public sealed record OnnxValueInfo(string Name, OnnxValueKind Kind, OnnxElementType ElementType, IReadOnlyList<long> Shape, IReadOnlyList<string> Symbols)
{
    /// <summary>"input Float [batch, 3, 224, 224]"; an open dimension without a name is "?".</summary>
    public override string ToString() => Kind == OnnxValueKind.Tensor ? $"{Name} {ElementType} {ShapeText}" : $"{Name} {Kind}";

    /// <summary>Whether the model leaves the size open: a dimension, or the whole shape.</summary>
    internal bool IsOpen => Shape.Count == 0 || Shape.Any(d => d < 0);

    internal string ShapeText => $"[{string.Join(", ", Shape.Select((d, i) => d >= 0 ? d.ToString(System.Globalization.CultureInfo.InvariantCulture) : Symbols[i].Length > 0 ? Symbols[i] : "?"))}]";

    /// <summary>Whether a tensor may be passed here.</summary>
    /// <exception cref="OnnxTensorException">Type or shape do not fit.</exception>
    internal void Demand(OnnxTensor tensor, string role)
    {
        if (Kind != OnnxValueKind.Tensor) throw new OnnxTensorException($"{role} '{Name}' is a {Kind}; only tensors can be passed");
        if (tensor.ElementType != ElementType) throw new OnnxTensorException($"{role} '{Name}' is {ElementType} {ShapeText}, but {tensor} was given");
        if (Shape.Count == 0) return; // a scalar, or no shape declared: ONNX Runtime knows which
        bool fits = tensor.Shape.Length == Shape.Count;
        for (int i = 0; fits && i < Shape.Count; i++) fits = Shape[i] < 0 || Shape[i] == tensor.Shape[i];
        if (!fits) throw new OnnxTensorException($"{role} '{Name}' is {ElementType} {ShapeText}, but {tensor} was given");
    }

    internal static unsafe OnnxValueInfo Read(string name, nint typeInfo)
    {
        try
        {
            int kind;
            OrtApi.Check(((delegate* unmanaged<nint, int*, nint>)OrtApi.Function(OrtApi.GetOnnxType))(typeInfo, &kind), $"reading '{name}'");
            if (kind != (int)OnnxValueKind.Tensor) return new(name, Enum.IsDefined((OnnxValueKind)kind) ? (OnnxValueKind)kind : OnnxValueKind.Unknown, OnnxElementType.Undefined, [], []);
            nint tensorInfo; // belongs to typeInfo
            OrtApi.Check(((delegate* unmanaged<nint, nint*, nint>)OrtApi.Function(OrtApi.CastToTensorInfo))(typeInfo, &tensorInfo), $"reading '{name}'");
            var (type, shape, symbols) = ReadTensor(tensorInfo, releaseSlot: 0);
            return new(name, OnnxValueKind.Tensor, type, shape, symbols);
        }
        finally
        {
            OrtApi.Release(OrtApi.ReleaseTypeInfo, typeInfo);
        }
    }

    internal static unsafe (OnnxElementType Type, long[] Shape, string[] Symbols) ReadTensor(nint info, int releaseSlot)
    {
        try
        {
            int type;
            nuint rank;
            OrtApi.Check(((delegate* unmanaged<nint, int*, nint>)OrtApi.Function(OrtApi.GetElementType))(info, &type), "reading a tensor's type");
            OrtApi.Check(((delegate* unmanaged<nint, nuint*, nint>)OrtApi.Function(OrtApi.GetDimensionsCount))(info, &rank), "reading a tensor's shape");
            var shape = new long[(int)rank];
            var names = new nint[(int)rank];
            fixed (long* s = shape)
            fixed (nint* n = names)
            {
                OrtApi.Check(((delegate* unmanaged<nint, long*, nuint, nint>)OrtApi.Function(OrtApi.GetDimensions))(info, s, rank), "reading a tensor's shape");
                OrtApi.Check(((delegate* unmanaged<nint, nint*, nuint, nint>)OrtApi.Function(OrtApi.GetSymbolicDimensions))(info, n, rank), "reading a tensor's shape");
            }
            return ((OnnxElementType)type, shape, [.. names.Select(p => Marshal.PtrToStringUTF8(p) ?? "")]);
        }
        finally
        {
            if (releaseSlot != 0) OrtApi.Release(releaseSlot, info);
        }
    }
}
