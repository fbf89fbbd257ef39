using System.Globalization;
using SimSearch.Audio;
using SimSearch.Datasets;
using SimSearch.Embedding;

namespace SimSearch.Learning;

/// <summary>How a <see cref="MelPowerStore"/> is filled.</summary>
public sealed record MelPowerStoreOptions
{
    /// <summary>What is taken from the sounds.</summary>
    public required FeatureOptions Features { get; init; }

    /// <summary>Warped filter banks: odd, 1 to 33; the middle one is not warped.</summary>
    public int Warps { get; init; } = 9;

    /// <summary>Logarithm of the strongest warp, 0 to 0.5: factors run from exp(-x) to exp(x).</summary>
    public double WarpRange { get; init; } = 0.1;

    /// <summary>Copies of every clip changed as a waveform, beside the clip itself, 0 to 16; default 0.</summary>
    public int Copies { get; init; }

    /// <summary>How the copies are changed.</summary>
    public WaveformAugmentation Waveform { get; init; } = new();

    /// <summary>Seed of the copies.</summary>
    public int Seed { get; init; }

    /// <summary>Most memory to use, in bytes; default 4 GiB. More, or more than is free, is refused before anything is read.</summary>
    public long MaxBytes { get; init; } = 4L << 30;

    /// <summary>Threads, 1 or more.</summary>
    public int Threads { get; init; } = Environment.ProcessorCount;

    internal void Check()
    {
        Features.Check();
        Waveform.Check();
        if (Warps is < 1 or > 33 || Warps % 2 == 0) throw new ArgumentException($"warps={Warps} must be an odd number from 1 to 33");
        if (!(WarpRange is >= 0 and <= 0.5)) throw new ArgumentException($"warp range={WarpRange} must be 0 to 0.5");
        if (Copies is < 0 or > 16) throw new ArgumentException($"copies={Copies} must be 0 to 16");
        if (Threads < 1) throw new ArgumentException($"threads={Threads} must be 1 or more");
    }
}

/// <summary>
/// The mel power of every clip of a data set, through every warped filter bank, in memory: what views are cut from while a network learns. Immutable once
/// filled; safe for use by many threads.
/// </summary>
public sealed class MelPowerStore
{
    private readonly Take[] takes;
    private readonly float[][] plain;

    private MelPowerStore(MelPowerStoreOptions options, IReadOnlyList<Item> items, Take[] takes, float[][] plain) => (Options, Items, this.takes, this.plain) = (options, items, takes, plain);

    /// <summary>How it was filled.</summary>
    public MelPowerStoreOptions Options { get; }

    /// <summary>The clips' items, in the order of the data set.</summary>
    public IReadOnlyList<Item> Items { get; }

    /// <summary>Number of clips.</summary>
    public int Count => Items.Count;

    /// <summary>Bands of a frame.</summary>
    public int Bands => Options.Features.Mel.Bands;

    /// <summary>Frames of a clip.</summary>
    public int Frames(int clip) => plain[clip].Length / Bands;

    /// <summary>[frames x bands] of a clip through the unwarped filter bank, in full precision.</summary>
    public ReadOnlySpan<float> Plain(int clip) => plain[clip];

    /// <summary>A random view of a clip as a network gets it while it learns, to look at: decibels from 0 (the loudest) down to -80 where the features are scaled by <see cref="InputScaling.Peak"/>.</summary>
    /// <param name="clip">The clip.</param>
    /// <param name="options">How views are made.</param>
    /// <param name="seed">Which view.</param>
    /// <returns>[frames x bands].</returns>
    public FeatureMatrix View(int clip, ViewOptions options, int seed)
    {
        var maker = new ViewMaker(this, options);
        var random = new SeededRandom((ulong)seed, (ulong)clip);
        var view = new float[maker.Length];
        maker.Cut(clip, random, view);
        maker.Finish(random, view);
        if (Options.Features.Scaling == InputScaling.Peak)
            for (int i = 0; i < view.Length; i++) view[i] = view[i] * (InputScaler.Range / 4) - InputScaler.Range / 2;
        var stft = Options.Features.Mel.Stft;
        return new("log-mel", view, Bands, stft.SampleRate, stft.HopLength);
    }

    /// <summary>One of the copies of a clip (0: the clip itself).</summary>
    internal Take this[int clip, int copy] => takes[clip * (Options.Copies + 1) + copy];

    /// <summary>Bytes that a store takes.</summary>
    /// <param name="clipFrames">Frames of each clip.</param>
    /// <param name="options">How it is to be filled.</param>
    public static long PredictBytes(IEnumerable<long> clipFrames, MelPowerStoreOptions options)
    {
        long values = clipFrames.Sum() * options.Features.Mel.Bands;
        return values * sizeof(float) + values * (options.Copies + 1) * options.Warps * sizeof(ushort);
    }

    /// <summary>Reads the clips of a data set.</summary>
    /// <param name="dataset">The clips; each must be readable and hold at least one sample.</param>
    /// <param name="options">What to keep of them.</param>
    /// <param name="progress">Told about every clip.</param>
    /// <param name="cancellation">Stops between two clips.</param>
    /// <exception cref="SimSearchException">The data set is empty, a clip cannot be read, or it would take more memory than allowed.</exception>
    public static MelPowerStore Load(Dataset dataset, MelPowerStoreOptions options, IProgress<Progress>? progress = null, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(dataset);
        ArgumentNullException.ThrowIfNull(options);
        options.Check();
        if (dataset.Count == 0) throw new SimSearchException($"data set '{dataset.Name}' has no items; there is nothing to learn from");
        CheckMemory(dataset, options);
        var banks = Banks(options);
        var takes = new Take[dataset.Count * (options.Copies + 1)];
        var plain = new float[dataset.Count][];
        var features = options.Features;
        var load = new AudioLoadOptions { SampleRate = features.Mel.Stft.SampleRate };
        long done = 0;
        using var workers = new ThreadLocal<Worker>(() => new Worker(features, banks));
        var parallel = new ParallelOptions { MaxDegreeOfParallelism = options.Threads, CancellationToken = cancellation };
        Errors.Unwrapped(() => Parallel.For(0, dataset.Count, parallel, clip =>
        {
            var item = dataset.Items[clip];
            double limit = Math.Min(item.Duration ?? double.MaxValue, features.MaxSeconds);
            AudioSignal signal;
            try { signal = AudioFile.Load(dataset.PathOf(item), load with { Start = item.Start, Duration = limit }, cancellation); }
            catch (Exception e) when (e is SimSearchException or IOException or UnauthorizedAccessException) { throw new SimSearchException($"'{item.Id}' cannot be read: {e.Message}; mend it or take it out of the data set", e); }
            var samples = signal.Mono;
            if (samples.Length == 0) throw new SimSearchException($"'{item.Id}' holds no samples; take it out of the data set");
            var worker = workers.Value!;
            takes[clip * (options.Copies + 1)] = worker.Read(item.Id, samples, out plain[clip]);
            for (int copy = 1; copy <= options.Copies; copy++)
            {
                float[] changed = options.Waveform.Apply(samples, features.Mel.Stft.SampleRate, options.Seed, (long)clip * options.Copies + copy);
                takes[clip * (options.Copies + 1) + copy] = worker.Read(item.Id, changed.AsSpan(0, Math.Min(changed.Length, features.MaxSamples)), out _);
            }
            progress?.Report(new Progress("reading sounds", Interlocked.Increment(ref done), dataset.Count, item.Id));
        }));
        return new MelPowerStore(options, dataset.Items, takes, plain);
    }

    /// <summary>The filter banks, from the most squeezed to the most stretched.</summary>
    internal static WarpedMelBank[] Banks(MelPowerStoreOptions options) =>
        [.. Enumerable.Range(0, options.Warps).Select(w => new WarpedMelBank(options.Features.Mel, options.Warps == 1 ? 1 : Math.Exp(options.WarpRange * (2.0 * w / (options.Warps - 1) - 1))))];

    private static void CheckMemory(Dataset dataset, MelPowerStoreOptions options)
    {
        long FramesOf(Item item)
        {
            double seconds = item.Duration ?? options.Features.MaxSeconds;
            try { seconds = Math.Min(seconds, AudioFile.Info(dataset.PathOf(item)).Duration - item.Start); }
            catch (Exception e) when (e is SimSearchException or IOException or UnauthorizedAccessException) { return 0; } // reading it will say what is wrong
            return (long)(Math.Clamp(seconds, 0, options.Features.MaxSeconds) * options.Features.Mel.Stft.SampleRate) / options.Features.Mel.Stft.HopLength + 1;
        }
        long needed = PredictBytes(dataset.Items.Select(FramesOf), options);
        long free = Onnx.AvailableMemory.Bytes, allowed = Math.Min(options.MaxBytes, free);
        if (needed > allowed)
            throw new SimSearchException(string.Create(CultureInfo.InvariantCulture,
                $"{dataset.Count} clips through {options.Warps} filter banks, {options.Copies + 1} times, need {needed / 1e9:0.0} GB of memory, more than the {allowed / 1e9:0.0} GB {(free < options.MaxBytes ? "that are free" : "allowed")}; use fewer warps or copies, or fewer or shorter clips"));
    }

    /// <summary>One version of a clip through every filter bank.</summary>
    internal sealed class Take(ushort[] values, int frames, int bands, float[] cumulative)
    {
        /// <summary>Number of frames.</summary>
        public int Frames => frames;

        /// <summary>One frame through one filter bank.</summary>
        public ReadOnlySpan<ushort> Frame(int bank, int frame) => values.AsSpan((bank * frames + frame) * bands, bands);

        /// <summary>A frame drawn with probability in proportion to the root of its power; <paramref name="u"/> is uniform in [0, 1).</summary>
        public int Anchor(double u)
        {
            int at = Array.BinarySearch(cumulative, (float)(u * cumulative[^1]));
            return Math.Min(at >= 0 ? at + 1 : ~at, frames - 1);
        }
    }

    /// <summary>Tables and buffers of one thread.</summary>
    private sealed class Worker(FeatureOptions options, WarpedMelBank[] banks)
    {
        private const float Floor = 1e-30f; // powers of digital silence would be denormal numbers, which are slow

        private readonly FrameFeatures features = new(new() { Kinds = FeatureKinds.Power, Mfcc = new() { Mel = options.Mel } });

        public Take Read(string id, ReadOnlySpan<float> samples, out float[] plain)
        {
            features.Compute(samples);
            int frames = features.Frames, bins = options.Mel.Stft.Bins, bands = options.Mel.Bands;
            var power = features.Power;
            var values = new ushort[checked(banks.Length * frames * bands)];
            var cumulative = new float[frames];
            plain = new float[frames * bands];
            Span<float> row = stackalloc float[bands];
            double sum = 0;
            for (int bank = 0; bank < banks.Length; bank++)
                for (int frame = 0; frame < frames; frame++)
                {
                    banks[bank].Apply(power.Slice(frame * bins, bins), row);
                    float total = 0;
                    for (int b = 0; b < bands; b++)
                    {
                        if (row[b] < Floor) row[b] = 0;
                        total += row[b];
                    }
                    if (!float.IsFinite(total)) throw new SimSearchException($"'{id}' holds samples that are NaN, infinite or far too large; repair it or take it out of the data set");
                    BFloat16.FromSingles(row, values.AsSpan((bank * frames + frame) * bands, bands));
                    if (bank != banks.Length / 2) continue;
                    row.CopyTo(plain.AsSpan(frame * bands));
                    cumulative[frame] = (float)(sum += Math.Sqrt(total + 1e-12));
                }
            return new Take(values, frames, bands, cumulative);
        }
    }
}
