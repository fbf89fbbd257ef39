using System.Runtime.InteropServices;
using System.Text;

namespace SimSearch.Onnx;

/// <summary>
/// ONNX Runtime's C interface: one table of function pointers to which new versions only append. The numbers are positions in that table
/// (the offset of the member in the C header's OrtApi divided by the size of a pointer), so version 17's table serves every later library.
/// </summary>
internal static unsafe class OrtApi
{
    /// <summary>The version of the table asked for: old enough that every library of the last years has it, new enough for all that is called here.</summary>
    internal const uint Version = 17;

    // The errors and what is freed.
    private const int GetErrorCode = 1, GetErrorMessage = 2, ReleaseStatus = 93;
    internal const int ReleaseSession = 95, ReleaseValue = 96, ReleaseRunOptions = 97, ReleaseTypeInfo = 98, ReleaseTensorInfo = 99, ReleaseSessionOptions = 100,
        ReleaseModelMetadata = 118, ReleaseCudaOptions = 208;

    // The environment, memory, providers.
    internal const int CreateEnv = 3, DisableTelemetry = 6, CreateCpuMemoryInfo = 69, AllocatorFree = 76, GetDefaultAllocator = 78, GetAvailableProviders = 125, ReleaseAvailableProviders = 126;

    // Sessions and their options.
    internal const int CreateSessionFromArray = 8, Run = 9, CreateSessionOptions = 10, SetOptimizedModelPath = 11, EnableProfiling = 14, DisableMemoryPattern = 17, DisableCpuMemoryArena = 19, SetLogSeverity = 22, SetGraphOptimization = 23,
        SetIntraOpThreads = 24, SetInterOpThreads = 25, AddConfigEntry = 130, AppendCuda = 204, CreateCudaOptions = 205, UpdateCudaOptions = 206, EndProfiling = 110;

    // What a model says of itself.
    internal const int InputCount = 30, OutputCount = 31, InputTypeInfo = 33, OutputTypeInfo = 34, InputName = 36, OutputName = 37, CastToTensorInfo = 55, GetOnnxType = 56,
        GetElementType = 60, GetDimensionsCount = 61, GetDimensions = 62, GetSymbolicDimensions = 63, GetModelMetadata = 111, MetadataProducer = 112, MetadataGraphName = 113,
        MetadataDomain = 114, MetadataDescription = 115, MetadataLookup = 116, MetadataVersion = 117, MetadataKeys = 123;

    // Values and runs.
    internal const int CreateRunOptions = 39, SetTerminate = 46, UnsetTerminate = 47, CreateTensorWithData = 49, GetTensorData = 51, GetTensorTypeAndShape = 65, GetValueType = 67,
        GetStringLength = 127, GetString = 128;

    /// <summary>The function at a position of the table; loads the library when that has not been done.</summary>
    internal static nint Function(int slot) => ((nint*)OnnxRuntime.Loaded.Table)[slot];

    /// <summary>Frees a native object with the function at <paramref name="slot"/>; nothing happens for zero.</summary>
    internal static void Release(int slot, nint handle)
    {
        if (handle != 0) ((delegate* unmanaged<nint, void>)Function(slot))(handle);
    }

    /// <summary>The code and message of a status, which is freed; null when it is a success.</summary>
    internal static OrtError? Failure(nint status) => status == 0 ? null : Failure(OnnxRuntime.Loaded.Table, status);

    /// <summary>The same, while the library is still being loaded.</summary>
    internal static OrtError? Failure(nint table, nint status)
    {
        if (status == 0) return null;
        nint* functions = (nint*)table;
        int code = ((delegate* unmanaged<nint, int>)functions[GetErrorCode])(status);
        string message = Marshal.PtrToStringUTF8(((delegate* unmanaged<nint, nint>)functions[GetErrorMessage])(status)) ?? "";
        ((delegate* unmanaged<nint, void>)functions[ReleaseStatus])(status);
        return new OrtError(code, message);
    }

    /// <summary>Throws an <see cref="OnnxException"/> that says what was being done when <paramref name="status"/> is an error.</summary>
    internal static void Check(nint status, string doing)
    {
        if (Failure(status) is { } error) throw new OnnxException($"{doing}: ONNX Runtime reports {error}");
    }

    /// <summary>Text that ONNX Runtime allocated, which is freed.</summary>
    internal static string Take(nint text)
    {
        if (text == 0) return "";
        string taken = Marshal.PtrToStringUTF8(text) ?? "";
        Check(((delegate* unmanaged<nint, nint, nint>)Function(AllocatorFree))(OnnxRuntime.Loaded.Allocator, text), "freeing a text");
        return taken;
    }

    /// <summary>Text as the C interface wants it.</summary>
    internal static byte[] Utf8(string text) => Encoding.UTF8.GetBytes(text + "\0");

    /// <summary>A path as the C interface wants it: wide characters on Windows, UTF-8 elsewhere.</summary>
    internal static byte[] Path(string path) => OperatingSystem.IsWindows() ? Encoding.Unicode.GetBytes(path + "\0") : Utf8(path);
}

/// <summary>What ONNX Runtime said went wrong.</summary>
/// <param name="Code">OrtErrorCode.</param>
/// <param name="Message">Its text.</param>
internal sealed record OrtError(int Code, string Message)
{
    private static readonly string[] Names =
        ["ok", "failure", "invalid argument", "no such file", "no model", "engine error", "runtime exception", "invalid protobuf", "model already loaded", "not implemented", "invalid graph", "execution provider failure", "model load cancelled"];

    public override string ToString()
    {
        // Where in its own sources the error arose helps nobody here.
        string text = Message.Trim();
        if (text.LastIndexOf("[ONNXRuntimeError] : ", StringComparison.Ordinal) is > 0 and var inner) text = text[(inner + "[ONNXRuntimeError] : ".Length)..];
        if (text.Length > 1000) text = text[..1000] + " ...";
        return $"'{(Code >= 0 && Code < Names.Length ? Names[Code] : $"error {Code}")}': {text}";
    }
}
