using System.Numerics.Tensors;
using SimSearch.Datasets;

namespace SimSearch.Learning;

/// <summary>
/// Makes random views of clips in the mel-power domain: warp, time, equaliser, then (after views were mixed) noise, decibels and masks. Has buffers of its own and
/// allocates nothing per view; one thread at a time. What a view looks like depends on the generator it is given and nothing else.
/// </summary>
internal sealed class ViewMaker
{
    private const int Knots = 6;

    private readonly MelPowerStore store;
    private readonly ViewOptions options;
    private readonly int bands;
    private readonly float[] gains, means, noise;

    public ViewMaker(MelPowerStore store, ViewOptions options)
    {
        options.Check();
        (this.store, this.options, bands) = (store, options, store.Bands);
        (gains, means, noise) = (new float[bands], new float[bands], new float[options.Frames * bands]);
    }

    /// <summary>Values of a view: frames x bands.</summary>
    public int Length => options.Frames * bands;

    /// <summary>The first part: one version of the clip through one filter bank, cut or placed, at peak 1, equalised.</summary>
    /// <param name="clip">The clip.</param>
    /// <param name="random">Decides everything.</param>
    /// <param name="view">Receives [frames x bands] of power.</param>
    public void Cut(int clip, SeededRandom random, Span<float> view)
    {
        var take = store[clip, random.Below(store.Options.Copies + 1)];
        int bank = random.Below(store.Options.Warps);
        double rate = Math.Exp(random.Between(-options.Stretch, options.Stretch));
        if (options.Circular) CutFromRing(take, bank, rate, random, view);
        else Place(take, bank, rate, random.NextDouble() * (options.Frames * rate - take.Frames), view);
        ToPeak(view);
        if (options.EqualiserDb > 0) Equalise(random, view);
    }

    /// <summary>The last part: noise, decibels, scaling, masks; in place.</summary>
    /// <param name="random">Decides everything.</param>
    /// <param name="view">[frames x bands] of power; becomes the network's input.</param>
    public void Finish(SeededRandom random, Span<float> view)
    {
        if (random.NextDouble() < options.NoiseShare) AddNoise(random, view);
        InputScaler.Scale(view, bands, store.Options.Features.Scaling, means);
        if (options.Masks > 0 && options.MaskShare > 0) Mask(random, view);
    }

    private static void ToPeak(Span<float> view) => TensorPrimitives.Multiply(view, 1 / (TensorPrimitives.Max(view) + 1e-12f), view);

    private void CutFromRing(MelPowerStore.Take take, int bank, double rate, SeededRandom random, Span<float> view)
    {
        double start = take.Anchor(random.NextDouble()) - random.NextDouble() * options.Frames * rate;
        for (int t = 0; t < options.Frames; t++)
        {
            double at = start + t * rate;
            at -= Math.Floor(at / take.Frames) * take.Frames;
            int low = Math.Min((int)at, take.Frames - 1), high = low + 1 == take.Frames ? 0 : low + 1;
            BFloat16.Lerp(take.Frame(bank, low), take.Frame(bank, high), (float)(at - low), view.Slice(t * bands, bands));
        }
    }

    private void Place(MelPowerStore.Take take, int bank, double rate, double lead, Span<float> view)
    {
        int last = take.Frames - 1, first = -1, end = 0;
        for (int t = 0; t < options.Frames; t++)
        {
            double at = t * rate - lead;
            if (at < 0 || at > last) continue;
            if (first < 0) first = t;
            end = t + 1;
            int low = (int)at, high = Math.Min(low + 1, last);
            BFloat16.Lerp(take.Frame(bank, low), take.Frame(bank, high), (float)(at - low), view.Slice(t * bands, bands));
        }
        if (first < 0)
        {
            // A clip of a frame or two that fell between the view's frames: it goes where it would have been.
            first = Math.Clamp((int)Math.Round(lead / rate), 0, options.Frames - 1);
            end = first + 1;
            BFloat16.Lerp(take.Frame(bank, 0), take.Frame(bank, 0), 0, view.Slice(first * bands, bands));
        }
        float floor = TensorPrimitives.Max(view[(first * bands)..(end * bands)]) * Placement.OutsideFloor;
        view[..(first * bands)].Fill(floor);
        view[(end * bands)..].Fill(floor);
    }

    private void Equalise(SeededRandom random, Span<float> view)
    {
        Span<double> knots = stackalloc double[Knots];
        foreach (ref double knot in knots) knot = options.EqualiserDb * random.Normal();
        for (int b = 0; b < bands; b++)
        {
            double at = bands == 1 ? 0 : (double)b * (Knots - 1) / (bands - 1);
            int low = Math.Min((int)at, Knots - 2);
            gains[b] = (float)Math.Pow(10, (knots[low] + (at - low) * (knots[low + 1] - knots[low])) / 10);
        }
        for (int t = 0; t < options.Frames; t++)
        {
            var row = view.Slice(t * bands, bands);
            TensorPrimitives.Multiply(row, gains, row);
        }
    }

    private void AddNoise(SeededRandom random, Span<float> view)
    {
        double level = TensorPrimitives.Max(view) * Math.Pow(10, -random.Between(15, 55) / 10), tilt = 2 * random.NextDouble();
        for (int b = 0; b < bands; b++) gains[b] = (float)(-level * Math.Pow(10, bands == 1 ? 0 : -tilt * b / (bands - 1)));
        // The power of a noise bin is exponentially distributed: -log of a uniform number.
        for (int i = 0; i < noise.Length; i += 2)
        {
            ulong bits = random.NextUInt64();
            noise[i] = ((bits >> 40) + 0.5f) * (1f / (1 << 24));
            if (i + 1 < noise.Length) noise[i + 1] = ((bits & 0xFFFFFF) + 0.5f) * (1f / (1 << 24));
        }
        TensorPrimitives.Log(noise, noise);
        for (int t = 0; t < options.Frames; t++)
        {
            var row = view.Slice(t * bands, bands);
            TensorPrimitives.MultiplyAdd(noise.AsSpan(t * bands, bands), gains, row, row);
        }
    }

    private void Mask(SeededRandom random, Span<float> view)
    {
        float fill = TensorPrimitives.Sum(view) / view.Length;
        for (int mask = 0; mask < options.Masks; mask++)
        {
            var (start, end) = Stretch(options.Frames, random);
            view[(start * bands)..(end * bands)].Fill(fill);
            (start, end) = Stretch(bands, random);
            for (int t = 0; t < options.Frames; t++) view[(t * bands + start)..(t * bands + end)].Fill(fill);
        }
    }

    /// <summary>The whole numbers n with start &lt;= n &lt; start + width, for a random width and start.</summary>
    private (int Start, int End) Stretch(int of, SeededRandom random)
    {
        double width = random.NextDouble() * options.MaskShare * of, start = random.NextDouble() * (of - width);
        return ((int)Math.Ceiling(start), (int)Math.Ceiling(start + width));
    }
}
