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

    /// <summary>Stops the run when <paramref name="token"/> or its host's is cancelled; dispose what is returned after the run.</summary>
    /// <exception cref="OperationCanceledException">One of them is already.</exception>
    internal RunStop StopOn(CancellationToken token)
    {
        var around = RunStop.Ambient;
        token.ThrowIfCancellationRequested();
        around.ThrowIfCancellationRequested();
        // Nothing is allocated for tokens that cannot be cancelled, and after the first time none for those that can: their source keeps its registrations.
        return new(token, token.CanBeCanceled ? token.UnsafeRegister(TerminateCallback, this) : default,
            around, around.CanBeCanceled && around != token ? around.UnsafeRegister(TerminateCallback, this) : default);
    }

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

/// <summary>
/// What can stop one run: the token of the call, and that of whoever runs the calling code and wants to stop it without having been asked for a token: a notebook whose
/// cell is interrupted. Such a host leaves a <c>Func&lt;CancellationToken&gt;</c> in <see cref="AppContext"/> under the name <see cref="AmbientName"/>.
/// </summary>
internal readonly struct RunStop(CancellationToken own, CancellationTokenRegistration ownStop, CancellationToken around, CancellationTokenRegistration aroundStop) : IDisposable
{
    /// <summary>Where a host leaves its token.</summary>
    internal const string AmbientName = "Ambient.CancellationToken";

    /// <summary>The host's token for the calling code; one that is never cancelled where there is no host.</summary>
    internal static CancellationToken Ambient => AppContext.GetData(AmbientName) is Func<CancellationToken> host ? host() : default;

    /// <summary>Throws when one of the tokens is cancelled, with that token.</summary>
    internal void ThrowIfCancelled()
    {
        own.ThrowIfCancellationRequested();
        around.ThrowIfCancellationRequested();
    }

    public void Dispose()
    {
        ownStop.Dispose(); // waits for a callback under way, so that none comes into the next run
        aroundStop.Dispose();
    }
}
