using System.Runtime.InteropServices;

namespace SimSearch.Faiss;

/// <summary>
/// A word of native memory that FAISS's own loops look at. It is raised by the call's token, and by that of whoever runs the calling code and wants to
/// stop it without having been asked for a token: a notebook whose cell is interrupted. Such a host leaves a <c>Func&lt;CancellationToken&gt;</c> in
/// <see cref="AppContext"/> under the name <see cref="AmbientName"/>; no assembly has to know another for it.
/// </summary>
internal readonly unsafe struct CancelFlag : IDisposable
{
    /// <summary>Where a host leaves its token: <c>AppContext.SetData("Ambient.CancellationToken", (Func&lt;CancellationToken&gt;)(() => ...))</c>.</summary>
    internal const string AmbientName = "Ambient.CancellationToken";

    private readonly CancellationToken token;
    private readonly CancellationTokenRegistration own, ambient;

    internal CancelFlag(CancellationToken token)
    {
        this.token = token;
        CancellationToken around = AppContext.GetData(AmbientName) is Func<CancellationToken> host ? host() : default;
        if (!token.CanBeCanceled && !around.CanBeCanceled) return;
        Pointer = (int*)NativeMemory.AllocZeroed(sizeof(int));
        nint flag = (nint)Pointer;
        own = token.UnsafeRegister(Raise, flag);
        if (around != token) ambient = around.UnsafeRegister(Raise, flag);

        static void Raise(object? state) => Volatile.Write(ref *(int*)(nint)state!, 1);
    }

    /// <summary>The flag, or null when nothing can cancel.</summary>
    internal int* Pointer { get; }

    /// <summary>Throws when the flag is up: for the moments between two native calls.</summary>
    internal void ThrowIfRaised()
    {
        if (Pointer is not null && Volatile.Read(ref *Pointer) != 0) throw new OperationCanceledException("cancelled between two blocks of vectors", token);
    }

    public void Dispose()
    {
        if (Pointer is null) return;
        own.Dispose(); // waits for a callback under way, so the memory is free of readers and writers
        ambient.Dispose();
        NativeMemory.Free(Pointer);
    }
}
