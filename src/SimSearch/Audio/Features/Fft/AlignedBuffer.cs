using System.Runtime.CompilerServices;

namespace SimSearch.Audio;

/// <summary>Zeroed memory that starts on a cache line and never moves, so that kernels may keep its address. Freed by the garbage collector.</summary>
internal sealed unsafe class AlignedBuffer<T> where T : unmanaged
{
    private const int Alignment = 64;
    private readonly T[] array;

    public AlignedBuffer(int length)
    {
        array = GC.AllocateArray<T>(checked(length + Alignment / sizeof(T)), pinned: true);
        nint start = (nint)Unsafe.AsPointer(ref array[0]);
        Pointer = (T*)((start + Alignment - 1) & ~(nint)(Alignment - 1));
        Length = length;
    }

    /// <summary>The first element. Valid only while this object is reachable: whoever works on it ends with <c>GC.KeepAlive(this)</c>, because the collector may take an object whose last field has been read.</summary>
    public T* Pointer { get; }

    public int Length { get; }

    public Span<T> Span => new(Pointer, Length);
}
