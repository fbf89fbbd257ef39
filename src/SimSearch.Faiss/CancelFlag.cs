using System.Runtime.InteropServices;

namespace SimSearch.Faiss;

/// <summary>A word of native memory that a cancellation token raises and that FAISS's own loops look at.</summary>
internal readonly unsafe struct CancelFlag : IDisposable
{
    private readonly CancellationTokenRegistration registration;

    internal CancelFlag(CancellationToken token)
    {
        if (!token.CanBeCanceled) return;
        Pointer = (int*)NativeMemory.AllocZeroed(sizeof(int));
        nint flag = (nint)Pointer;
        registration = token.UnsafeRegister(static state => Volatile.Write(ref *(int*)(nint)state!, 1), flag);
    }

    /// <summary>The flag, or null when nothing can cancel.</summary>
    internal int* Pointer { get; }

    public void Dispose()
    {
        if (Pointer is null) return;
        registration.Dispose(); // waits for a callback under way, so the memory is free of readers and writers
        NativeMemory.Free(Pointer);
    }
}
