using System.Numerics;
using System.Runtime.CompilerServices;

namespace SimSearch.Audio;

/// <summary>
/// A real FFT of length N as a complex one of n = N / 2 points: even samples are the real, odd samples the imaginary parts. Radix-4
/// decimation in frequency in Stockham's self-sorting form, real and imaginary parts in separate arrays, so that every pass reads and writes
/// whole registers; a last radix-2 pass when n is not a power of four. The window is applied where the first pass loads, and |X|^2 is
/// taken where the real spectrum is put together, so that a frame goes through memory only once per pass.
/// Van Loan, Computational Frameworks for the Fast Fourier Transform (1992), sections 1.7 and 4.3.
/// </summary>
internal sealed unsafe class StockhamPowerFft<TVector, T, TLanes> : PowerFft
    where TVector : struct where T : unmanaged, IFloatingPoint<T> where TLanes : struct, ILanes<TVector, T>
{
    private readonly int n;
    private readonly AlignedBuffer<T> windowEven, windowOdd, real0, imaginary0, real1, imaginary1, turnReal, turnImaginary;
    private readonly AlignedBuffer<T>[] twiddles;

    public StockhamPowerFft(ReadOnlySpan<double> window)
    {
        n = window.Length / 2;
        int padded = n + TLanes.Count;
        windowEven = new(n);
        windowOdd = new(n);
        for (int k = 0; k < n; k++)
        {
            // The halves of the real-spectrum formulas are taken here, where they cost nothing.
            windowEven.Pointer[k] = T.CreateChecked(window[2 * k] / 2);
            windowOdd.Pointer[k] = T.CreateChecked(window[2 * k + 1] / 2);
        }
        (real0, imaginary0, real1, imaginary1) = (new(padded), new(padded), new(padded), new(padded));
        (turnReal, turnImaginary) = (new(n / 2), new(n / 2));
        for (int k = 0; k < n / 2; k++)
        {
            (double sin, double cos) = Math.SinCos(-Math.PI * k / n);
            turnReal.Pointer[k] = T.CreateChecked(cos);
            turnImaginary.Pointer[k] = T.CreateChecked(sin);
        }
        twiddles = Twiddles();
    }

    public override void Transform(float* samples, float* power)
    {
        T* fromReal = real0.Pointer, fromImaginary = imaginary0.Pointer, toReal = real1.Pointer, toImaginary = imaginary1.Pointer;
        FirstPass(samples, windowEven.Pointer, windowOdd.Pointer, fromReal, fromImaginary, twiddles[0].Pointer, n / 4);
        int stride = 4, points = n / 4;
        for (int pass = 1; points > 1; pass++, stride *= 4, points /= 4)
        {
            if (points == 2) RadixTwoPass(fromReal, fromImaginary, toReal, toImaginary, n / 2);
            else if (points == 4) LastPass(fromReal, fromImaginary, toReal, toImaginary, n / 4);
            else if (stride < TLanes.Count) QuadPass(fromReal, fromImaginary, toReal, toImaginary, twiddles[pass].Pointer, n / 4);
            else Pass(fromReal, fromImaginary, toReal, toImaginary, twiddles[pass].Pointer, stride, points / 4);
            T* spareReal = fromReal, spareImaginary = fromImaginary;
            fromReal = toReal;
            fromImaginary = toImaginary;
            toReal = spareReal;
            toImaginary = spareImaginary;
        }
        RealPower(fromReal, fromImaginary, turnReal.Pointer, turnImaginary.Pointer, n, power);
        GC.KeepAlive(this);
    }

    /// <summary>Per pass: cos and sin of -2 pi k p / points for k = 1, 2, 3; the pass with quads has each repeated four times.</summary>
    private AlignedBuffer<T>[] Twiddles()
    {
        var passes = new List<AlignedBuffer<T>>();
        for (int points = n, stride = 1; points >= 4; points /= 4, stride *= 4)
        {
            int quarter = points / 4;
            int repeat = stride == 4 && stride < TLanes.Count ? 4 : 1;
            var table = new AlignedBuffer<T>(6 * quarter * repeat);
            for (int k = 1; k <= 3; k++)
                for (int i = 0; i < quarter * repeat; i++)
                {
                    (double sin, double cos) = Math.SinCos(-2 * Math.PI * k * (i / repeat) / points);
                    table.Pointer[(2 * k - 2) * quarter * repeat + i] = T.CreateChecked(cos);
                    table.Pointer[(2 * k - 1) * quarter * repeat + i] = T.CreateChecked(sin);
                }
            passes.Add(table);
        }
        return [.. passes];
    }

    /// <summary>Stride 1: windows and parts the samples; outputs of neighbouring butterflies lie four apart, hence the zipped stores.</summary>
    private static void FirstPass(float* samples, T* windowEven, T* windowOdd, T* toReal, T* toImaginary, T* twiddle, int quarter)
    {
        for (int i = 0; i < quarter; i += TLanes.Count)
        {
            LoadWindowed(samples, windowEven, windowOdd, i, out var a, out var ai);
            LoadWindowed(samples, windowEven, windowOdd, i + quarter, out var b, out var bi);
            LoadWindowed(samples, windowEven, windowOdd, i + 2 * quarter, out var c, out var ci);
            LoadWindowed(samples, windowEven, windowOdd, i + 3 * quarter, out var d, out var di);
            Butterfly(ref a, ref ai, ref b, ref bi, ref c, ref ci, ref d, ref di);
            Turn(ref b, ref bi, twiddle, i, quarter);
            Turn(ref c, ref ci, twiddle + 2 * quarter, i, quarter);
            Turn(ref d, ref di, twiddle + 4 * quarter, i, quarter);
            TLanes.StoreZipped(toReal + 4 * i, a, b, c, d);
            TLanes.StoreZipped(toImaginary + 4 * i, ai, bi, ci, di);
        }
    }

    /// <summary>Stride 4 in registers of 8 or more: blocks of four are zipped.</summary>
    private static void QuadPass(T* fromReal, T* fromImaginary, T* toReal, T* toImaginary, T* twiddle, int quarter)
    {
        for (int i = 0; i < quarter; i += TLanes.Count)
        {
            Load(fromReal, fromImaginary, i, quarter, out var a, out var ai, out var b, out var bi, out var c, out var ci, out var d, out var di);
            Butterfly(ref a, ref ai, ref b, ref bi, ref c, ref ci, ref d, ref di);
            Turn(ref b, ref bi, twiddle, i, quarter);
            Turn(ref c, ref ci, twiddle + 2 * quarter, i, quarter);
            Turn(ref d, ref di, twiddle + 4 * quarter, i, quarter);
            TLanes.StoreZippedQuads(toReal + 4 * i, a, b, c, d);
            TLanes.StoreZippedQuads(toImaginary + 4 * i, ai, bi, ci, di);
        }
    }

    /// <summary>A stride of at least one register: loads and stores are contiguous and a twiddle serves a whole row.</summary>
    private static void Pass(T* fromReal, T* fromImaginary, T* toReal, T* toImaginary, T* twiddle, int stride, int quarter)
    {
        int distance = quarter * stride;
        for (int p = 0; p < quarter; p++)
        {
            var w1 = TLanes.Broadcast(twiddle[p]);
            var w1i = TLanes.Broadcast(twiddle[quarter + p]);
            var w2 = TLanes.Broadcast(twiddle[2 * quarter + p]);
            var w2i = TLanes.Broadcast(twiddle[3 * quarter + p]);
            var w3 = TLanes.Broadcast(twiddle[4 * quarter + p]);
            var w3i = TLanes.Broadcast(twiddle[5 * quarter + p]);
            for (int i = 0; i < stride; i += TLanes.Count)
            {
                Load(fromReal, fromImaginary, i, distance, out var a, out var ai, out var b, out var bi, out var c, out var ci, out var d, out var di);
                Butterfly(ref a, ref ai, ref b, ref bi, ref c, ref ci, ref d, ref di);
                Turn(ref b, ref bi, w1, w1i);
                Turn(ref c, ref ci, w2, w2i);
                Turn(ref d, ref di, w3, w3i);
                Store(toReal, toImaginary, i, stride, a, ai, b, bi, c, ci, d, di);
            }
            fromReal += stride;
            fromImaginary += stride;
            toReal += 4 * stride;
            toImaginary += 4 * stride;
        }
    }

    /// <summary>The last radix-4 pass, whose twiddles are all 1.</summary>
    private static void LastPass(T* fromReal, T* fromImaginary, T* toReal, T* toImaginary, int stride)
    {
        for (int i = 0; i < stride; i += TLanes.Count)
        {
            Load(fromReal, fromImaginary, i, stride, out var a, out var ai, out var b, out var bi, out var c, out var ci, out var d, out var di);
            Butterfly(ref a, ref ai, ref b, ref bi, ref c, ref ci, ref d, ref di);
            Store(toReal, toImaginary, i, stride, a, ai, b, bi, c, ci, d, di);
        }
    }

    private static void RadixTwoPass(T* fromReal, T* fromImaginary, T* toReal, T* toImaginary, int stride)
    {
        for (int i = 0; i < stride; i += TLanes.Count)
        {
            var a = TLanes.Load(fromReal + i);
            var ai = TLanes.Load(fromImaginary + i);
            var b = TLanes.Load(fromReal + stride + i);
            var bi = TLanes.Load(fromImaginary + stride + i);
            TLanes.Store(TLanes.Add(a, b), toReal + i);
            TLanes.Store(TLanes.Add(ai, bi), toImaginary + i);
            TLanes.Store(TLanes.Subtract(a, b), toReal + stride + i);
            TLanes.Store(TLanes.Subtract(ai, bi), toImaginary + stride + i);
        }
    }

    /// <summary>X[k] = E[k] + w^k O[k] and X[n - k] = conj(E[k] - w^k O[k]), where E and O are the spectra of the even and odd samples.</summary>
    private static void RealPower(T* real, T* imaginary, T* turnReal, T* turnImaginary, int n, float* power)
    {
        real[n] = real[0];
        imaginary[n] = imaginary[0];
        T middleReal = real[n / 2], middleImaginary = imaginary[n / 2];
        for (int k = 0; k < n / 2; k += TLanes.Count)
        {
            int mirror = n - k - (TLanes.Count - 1);
            var z = TLanes.Load(real + k);
            var zi = TLanes.Load(imaginary + k);
            var m = TLanes.Reverse(TLanes.Load(real + mirror));
            var mi = TLanes.Reverse(TLanes.Load(imaginary + mirror));
            var even = TLanes.Add(z, m);
            var evenI = TLanes.Subtract(zi, mi);
            var odd = TLanes.Add(zi, mi);
            var oddI = TLanes.Subtract(m, z);
            Turn(ref odd, ref oddI, TLanes.Load(turnReal + k), TLanes.Load(turnImaginary + k));
            TLanes.StoreSingle(SquaredLength(TLanes.Add(even, odd), TLanes.Add(evenI, oddI)), power + k);
            TLanes.StoreSingle(TLanes.Reverse(SquaredLength(TLanes.Subtract(even, odd), TLanes.Subtract(evenI, oddI))), power + mirror);
        }
        T four = T.CreateChecked(4);
        power[n / 2] = float.CreateTruncating(four * (middleReal * middleReal + middleImaginary * middleImaginary));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void LoadWindowed(float* samples, T* windowEven, T* windowOdd, int at, out TVector even, out TVector odd)
    {
        TLanes.LoadPairs(samples + 2 * at, out even, out odd);
        even = TLanes.Multiply(even, TLanes.Load(windowEven + at));
        odd = TLanes.Multiply(odd, TLanes.Load(windowOdd + at));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Load(T* real, T* imaginary, int at, int distance, out TVector a, out TVector ai, out TVector b, out TVector bi, out TVector c, out TVector ci, out TVector d, out TVector di)
    {
        a = TLanes.Load(real + at);
        ai = TLanes.Load(imaginary + at);
        b = TLanes.Load(real + distance + at);
        bi = TLanes.Load(imaginary + distance + at);
        c = TLanes.Load(real + 2 * distance + at);
        ci = TLanes.Load(imaginary + 2 * distance + at);
        d = TLanes.Load(real + 3 * distance + at);
        di = TLanes.Load(imaginary + 3 * distance + at);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Store(T* real, T* imaginary, int at, int distance, TVector a, TVector ai, TVector b, TVector bi, TVector c, TVector ci, TVector d, TVector di)
    {
        TLanes.Store(a, real + at);
        TLanes.Store(ai, imaginary + at);
        TLanes.Store(b, real + distance + at);
        TLanes.Store(bi, imaginary + distance + at);
        TLanes.Store(c, real + 2 * distance + at);
        TLanes.Store(ci, imaginary + 2 * distance + at);
        TLanes.Store(d, real + 3 * distance + at);
        TLanes.Store(di, imaginary + 3 * distance + at);
    }

    /// <summary>The DFT of four complex numbers, in place.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Butterfly(ref TVector a, ref TVector ai, ref TVector b, ref TVector bi, ref TVector c, ref TVector ci, ref TVector d, ref TVector di)
    {
        var sum = TLanes.Add(a, c);
        var sumI = TLanes.Add(ai, ci);
        var difference = TLanes.Subtract(a, c);
        var differenceI = TLanes.Subtract(ai, ci);
        var sum2 = TLanes.Add(b, d);
        var sum2I = TLanes.Add(bi, di);
        var difference2 = TLanes.Subtract(b, d);
        var difference2I = TLanes.Subtract(bi, di);
        a = TLanes.Add(sum, sum2);
        ai = TLanes.Add(sumI, sum2I);
        b = TLanes.Add(difference, difference2I);
        bi = TLanes.Subtract(differenceI, difference2);
        c = TLanes.Subtract(sum, sum2);
        ci = TLanes.Subtract(sumI, sum2I);
        d = TLanes.Subtract(difference, difference2I);
        di = TLanes.Add(differenceI, difference2);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Turn(ref TVector z, ref TVector zi, T* twiddle, int at, int quarter) =>
        Turn(ref z, ref zi, TLanes.Load(twiddle + at), TLanes.Load(twiddle + quarter + at));

    /// <summary>z * w, in place.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Turn(ref TVector z, ref TVector zi, TVector w, TVector wi)
    {
        var turned = TLanes.NegatedMultiplyAdd(zi, wi, TLanes.Multiply(z, w));
        zi = TLanes.MultiplyAdd(z, wi, TLanes.Multiply(zi, w));
        z = turned;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static TVector SquaredLength(TVector z, TVector zi) => TLanes.MultiplyAdd(z, z, TLanes.Multiply(zi, zi));
}
