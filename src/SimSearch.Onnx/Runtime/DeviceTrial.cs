namespace SimSearch.Onnx;

/// <summary>Whether a device works, found out by computing on it.</summary>
/// <param name="Device">The device.</param>
/// <param name="Problem">Why it does not work; null when it does.</param>
public sealed record DeviceTrial(OnnxDevice Device, string? Problem)
{
    // y = -x over one float, IR 8, opset 13: the smallest model there is.
    private static ReadOnlySpan<byte> Negation =>
    [
        8, 8, 66, 4, 10, 0, 16, 13, 58, 42, 10, 11, 10, 1, 120, 18, 1, 121, 34, 3, 78, 101, 103, 18, 1, 103, 90, 11, 10, 1, 120, 18, 6, 10, 4, 8, 1, 18, 0, 98, 11, 10, 1, 121, 18, 6, 10, 4, 8, 1, 18, 0,
    ];

    /// <summary>Tries every device that the library was compiled for; the processor comes first.</summary>
    /// <exception cref="OnnxNotInstalledException">There is no library.</exception>
    public static IReadOnlyList<DeviceTrial> All() =>
        OnnxRuntime.CompiledProviders.Contains("CUDAExecutionProvider") ? [Try(OnnxDevice.Cpu), Try(OnnxDevice.Cuda)] : [Try(OnnxDevice.Cpu)];

    /// <summary>Computes -1 on a device.</summary>
    public static DeviceTrial Try(OnnxDevice device)
    {
        try
        {
            using var session = OnnxSession.FromBytes(Negation, OnnxSessionOptions.SingleThread with { Device = device });
            if (session.Warning is { } warning) return new(device, warning);
            using var x = OnnxTensor.Of<float>([1]);
            using var results = session.Run([("x", x)]);
            return new(device, results["y"].Span<float>()[0] == -1 ? null : "it computes wrong numbers");
        }
        catch (OnnxException e)
        {
            return new(device, e.Message);
        }
    }
}
