using System.Runtime.InteropServices;

namespace SimSearch.Onnx;

/// <summary>ONNX Runtime's options of one run, used for stopping it.</summary>
internal sealed unsafe class RunOptions : SafeHandle
{
    private static readonly Action<object?> TerminateCallback = static options => ((RunOptions)options!).Terminate();
    private volatile bool terminated;

    internal RunOptions() : base(0, ownsHandle: true)
    {
        nint created;
        OrtApi.Check(((delegate* unmanaged<nint*, nint>)OrtApi.Function(OrtApi.CreateRunOptions))(&created), "making run options");
        SetHandle(created);
    }

    internal nint Value => handle;

    public override bool IsInvalid => handle == 0;

    /// <summary>Stops the run when <paramref name="token"/> is cancelled; dispose the registration after the run.</summary>
    internal CancellationTokenRegistration StopOn(CancellationToken token) => token.CanBeCanceled ? token.UnsafeRegister(TerminateCallback, this) : default;

    /// <summary>Makes them fit for the next run.</summary>
    internal void Reset()
    {
        if (!terminated) return;
        OrtApi.Check(((delegate* unmanaged<nint, nint>)OrtApi.Function(OrtApi.UnsetTerminate))(handle), "resetting a run");
        terminated = false;
    }

    private void Terminate()
    {
        terminated = true;
        OrtApi.Failure(((delegate* unmanaged<nint, nint>)OrtApi.Function(OrtApi.SetTerminate))(handle));
    }

    protected override bool ReleaseHandle()
    {
        OrtApi.Release(OrtApi.ReleaseRunOptions, handle);
        return true;
    }
}
