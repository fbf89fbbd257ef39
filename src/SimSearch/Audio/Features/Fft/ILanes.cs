namespace SimSearch.Audio;

/// <summary>
/// The few vector operations that the FFT is written in, so that one text serves every register width and both precisions.
/// The implementations are structs: the compiler makes separate machine code for each of them, with every call inlined.
/// </summary>
/// <typeparam name="TVector">The register: Vector512, 256, 128 of T, or T itself.</typeparam>
/// <typeparam name="T">float or double.</typeparam>
internal unsafe interface ILanes<TVector, T> where TVector : struct where T : unmanaged
{
    /// <summary>Numbers in a register.</summary>
    static abstract int Count { get; }

    static abstract TVector Load(T* from);

    static abstract void Store(TVector value, T* to);

    /// <summary>Stores the numbers rounded to single precision.</summary>
    static abstract void StoreSingle(TVector value, float* to);

    static abstract TVector Broadcast(T value);

    static abstract TVector Add(TVector a, TVector b);

    static abstract TVector Subtract(TVector a, TVector b);

    static abstract TVector Multiply(TVector a, TVector b);

    /// <summary>a * b + c, fused where the processor can.</summary>
    static abstract TVector MultiplyAdd(TVector a, TVector b, TVector c);

    /// <summary>c - a * b, fused where the processor can.</summary>
    static abstract TVector NegatedMultiplyAdd(TVector a, TVector b, TVector c);

    /// <summary>The same numbers, last first.</summary>
    static abstract TVector Reverse(TVector a);

    /// <summary>Reads 2 * Count samples and parts them into those at even and those at odd places.</summary>
    static abstract void LoadPairs(float* from, out TVector even, out TVector odd);

    /// <summary>Stores a0 b0 c0 d0 a1 b1 c1 d1 ...</summary>
    static abstract void StoreZipped(T* to, TVector a, TVector b, TVector c, TVector d);

    /// <summary>Stores a0-a3 b0-b3 c0-c3 d0-d3 a4-a7 ...; only called when Count is 8 or more.</summary>
    static abstract void StoreZippedQuads(T* to, TVector a, TVector b, TVector c, TVector d);
}
