using System.Runtime.InteropServices;

namespace SimSearch.Onnx;

/// <summary>A native session and the names of its inputs and outputs as C strings; lives as long as the session or a binding holds it.</summary>
internal sealed class SessionHandle : SafeHandle
{
    private nint[] inputs = [], outputs = [];

    internal SessionHandle(nint session) : base(0, ownsHandle: true) => SetHandle(session);

    internal nint Value => handle;

    public override bool IsInvalid => handle == 0;

    internal nint Input(int index) => inputs[index];

    internal nint Output(int index) => outputs[index];

    internal void SetNames(IEnumerable<string> inputNames, IEnumerable<string> outputNames)
    {
        inputs = [.. inputNames.Select(Marshal.StringToCoTaskMemUTF8)];
        outputs = [.. outputNames.Select(Marshal.StringToCoTaskMemUTF8)];
    }

    internal void Hold()
    {
        bool added = false;
        DangerousAddRef(ref added);
    }

    protected override bool ReleaseHandle()
    {
        OrtApi.Release(OrtApi.ReleaseSession, handle);
        foreach (nint name in inputs.Concat(outputs)) Marshal.FreeCoTaskMem(name);
        inputs = outputs = [];
        return true;
    }
}
