using System.Numerics.Tensors;

namespace SimSearch.Audio;

/// <summary>
/// Several features of a clip in one sweep: every frame is transformed once and its spectrum feeds all features asked for. Keeps its tables and
/// results between clips and allocates only when a clip is longer than all before it. Use one object per thread.
/// </summary>
/// <remarks>
/// Results are [frames x bins] spans, valid until the next <see cref="Compute"/>. NaN or infinity in the samples makes the frames that contain
/// it NaN or infinite and no others. Which numbers come out, and how near librosa's they are, is said at each method of <see cref="AudioFeatures"/>.
/// </remarks>
public sealed unsafe class FrameFeatures
{
    private const FeatureKinds NeedMagnitude = FeatureKinds.Magnitude | FeatureKinds.Centroid | FeatureKinds.Bandwidth | FeatureKinds.Rolloff | FeatureKinds.Contrast;
    private const FeatureKinds NeedMel = FeatureKinds.Mel | FeatureKinds.LogMel | FeatureKinds.Mfcc;
    private const FeatureKinds NeedSpectrum = NeedMagnitude | NeedMel | FeatureKinds.Power | FeatureKinds.Chroma | FeatureKinds.Flatness;

    private readonly FrameFeatureOptions options;
    private readonly StftPlan plan;
    private readonly MelFilterbank? mel;
    private readonly Cepstrum? cepstrum;
    private readonly ChromaFilterbank? chroma;
    private readonly SpectralContrast? contrast;
    private readonly SpectralShape shape;
    private readonly Framer zeroPadded, edgePadded;
    private readonly AlignedBuffer<float> power, magnitude, raised;
    private readonly Rows melRows, logMelRows, mfccRows, powerRows, magnitudeRows, chromaRows, contrastRows, valleyRows;
    private readonly Rows centroidRows = new(1), bandwidthRows = new(1), rolloffRows = new(1), flatnessRows = new(1), crossingRows = new(1), rmsRows = new(1);

    /// <summary>Makes the tables.</summary>
    /// <exception cref="ArgumentException">An option is out of its range.</exception>
    public FrameFeatures(FrameFeatureOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        options.Check();
        this.options = options;
        var stft = options.Stft;
        plan = new(stft);
        if (options.Has(NeedMel)) mel = new(options.Mfcc.Mel);
        if (options.Has(FeatureKinds.LogMel)) options.Mfcc.Db.Check();
        if (options.Has(FeatureKinds.Mfcc)) cepstrum = new(options.Mfcc);
        if (options.Has(FeatureKinds.Chroma)) chroma = new(options.Chroma, stft);
        if (options.Has(FeatureKinds.Contrast)) contrast = new(options.Contrast ?? ContrastOptions.For(stft.SampleRate), stft);
        shape = new(stft, options.RollPercent);
        zeroPadded = new(stft.FrameLength, stft.HopLength, stft.Center, stft.PadMode, stft.FftLength);
        edgePadded = new(stft.FrameLength, stft.HopLength, stft.Center, PadMode.Edge, stft.FftLength);
        (power, magnitude, raised) = (new(stft.Bins), new(stft.Bins), new(stft.Bins));
        int bands = options.Mfcc.Mel.Bands;
        (melRows, logMelRows, mfccRows) = (new(bands), new(bands), new(options.Mfcc.Count));
        (powerRows, magnitudeRows, chromaRows) = (new(stft.Bins), new(stft.Bins), new(options.Chroma.Bins));
        (contrastRows, valleyRows) = (new(contrast?.Bands ?? 1), new(contrast?.Bands ?? 1));
    }

    /// <summary>What is computed, and how.</summary>
    public FrameFeatureOptions Options => options;

    /// <summary>Frames of the clip computed last.</summary>
    public int Frames { get; private set; }

    /// <summary>[frames x n_fft / 2 + 1] of the clip computed last.</summary>
    public ReadOnlySpan<float> Power => Asked(powerRows, FeatureKinds.Power);

    /// <summary>[frames x n_fft / 2 + 1] of the clip computed last.</summary>
    public ReadOnlySpan<float> Magnitude => Asked(magnitudeRows, FeatureKinds.Magnitude);

    /// <summary>[frames x bands] of the clip computed last.</summary>
    public ReadOnlySpan<float> Mel => Asked(melRows, FeatureKinds.Mel);

    /// <summary>[frames x bands] of the clip computed last.</summary>
    public ReadOnlySpan<float> LogMel => Asked(logMelRows, FeatureKinds.LogMel);

    /// <summary>[frames x count] of the clip computed last.</summary>
    public ReadOnlySpan<float> Mfcc => Asked(mfccRows, FeatureKinds.Mfcc);

    /// <summary>[frames x pitch classes] of the clip computed last.</summary>
    public ReadOnlySpan<float> Chroma => Asked(chromaRows, FeatureKinds.Chroma);

    /// <summary>[frames] of the clip computed last, in Hz.</summary>
    public ReadOnlySpan<float> Centroid => Asked(centroidRows, FeatureKinds.Centroid);

    /// <summary>[frames] of the clip computed last, in Hz.</summary>
    public ReadOnlySpan<float> Bandwidth => Asked(bandwidthRows, FeatureKinds.Bandwidth);

    /// <summary>[frames] of the clip computed last, in Hz.</summary>
    public ReadOnlySpan<float> Rolloff => Asked(rolloffRows, FeatureKinds.Rolloff);

    /// <summary>[frames x <see cref="ContrastBands"/>] of the clip computed last, in dB.</summary>
    public ReadOnlySpan<float> Contrast => Asked(contrastRows, FeatureKinds.Contrast);

    /// <summary>Contrast values per frame.</summary>
    public int ContrastBands => contrast?.Bands ?? throw NotAsked(FeatureKinds.Contrast);

    /// <summary>[frames] of the clip computed last.</summary>
    public ReadOnlySpan<float> Flatness => Asked(flatnessRows, FeatureKinds.Flatness);

    /// <summary>[frames] of the clip computed last.</summary>
    public ReadOnlySpan<float> ZeroCrossings => Asked(crossingRows, FeatureKinds.ZeroCrossings);

    /// <summary>[frames] of the clip computed last.</summary>
    public ReadOnlySpan<float> Rms => Asked(rmsRows, FeatureKinds.Rms);

    /// <summary>One feature of the clip computed last, [frames x bins].</summary>
    /// <param name="kind">One kind that was asked for.</param>
    /// <exception cref="InvalidOperationException">It was not asked for.</exception>
    public ReadOnlySpan<float> Values(FeatureKinds kind) => kind switch
    {
        FeatureKinds.Power => Power,
        FeatureKinds.Magnitude => Magnitude,
        FeatureKinds.Mel => Mel,
        FeatureKinds.LogMel => LogMel,
        FeatureKinds.Mfcc => Mfcc,
        FeatureKinds.Chroma => Chroma,
        FeatureKinds.Centroid => Centroid,
        FeatureKinds.Bandwidth => Bandwidth,
        FeatureKinds.Rolloff => Rolloff,
        FeatureKinds.Contrast => Contrast,
        FeatureKinds.Flatness => Flatness,
        FeatureKinds.ZeroCrossings => ZeroCrossings,
        FeatureKinds.Rms => Rms,
        _ => throw new ArgumentException($"kind={kind} must be a single feature", nameof(kind)),
    };

    /// <summary>Number of frames of a signal.</summary>
    /// <exception cref="SimSearchException">The signal is empty or, without centring, shorter than one frame.</exception>
    public int FrameCount(int samples) => plan.FrameCount(samples);

    /// <summary>Computes the features of a clip.</summary>
    /// <param name="samples">The mono signal, at the sample rate of the options.</param>
    /// <exception cref="SimSearchException">The signal is empty or, without centring, shorter than one frame; or a result is larger than an array can be.</exception>
    public void Compute(ReadOnlySpan<float> samples)
    {
        int frames = plan.FrameCount(samples.Length);
        Frames = 0;
        Reserve(powerRows, FeatureKinds.Power, frames);
        Reserve(magnitudeRows, FeatureKinds.Magnitude, frames);
        Reserve(melRows, FeatureKinds.Mel, frames);
        Reserve(logMelRows, FeatureKinds.LogMel | FeatureKinds.Mfcc, frames);
        Reserve(mfccRows, FeatureKinds.Mfcc, frames);
        Reserve(chromaRows, FeatureKinds.Chroma, frames);
        Reserve(contrastRows, FeatureKinds.Contrast, frames);
        Reserve(valleyRows, FeatureKinds.Contrast, frames);
        foreach (var rows in (ReadOnlySpan<Rows>)[centroidRows, bandwidthRows, rolloffRows, flatnessRows, crossingRows, rmsRows]) rows.Reserve(frames);
        fixed (float* signal = samples)
            for (int frame = 0; frame < frames; frame++)
            {
                if (options.Has(NeedSpectrum)) Spectrum(signal, samples.Length, frame);
                if (options.Has(FeatureKinds.Rms)) rmsRows[frame][0] = Waveform.Rms(FrameOf(zeroPadded, signal, samples.Length, frame));
                if (options.Has(FeatureKinds.ZeroCrossings)) crossingRows[frame][0] = Waveform.ZeroCrossings(FrameOf(edgePadded, signal, samples.Length, frame));
            }
        if (options.Has(FeatureKinds.LogMel | FeatureKinds.Mfcc))
        {
            var logMel = logMelRows.First(frames);
            if (options.Has(FeatureKinds.Mel)) melRows.First(frames).CopyTo(logMel);
            Decibels.FromPower(logMel, options.Mfcc.Db);
            cepstrum?.Transform(logMel, mfccRows.First(frames));
        }
        if (contrast != null)
        {
            Decibels.FromPower(contrastRows.First(frames));
            Decibels.FromPower(valleyRows.First(frames));
            TensorPrimitives.Subtract(contrastRows.First(frames), valleyRows.First(frames), contrastRows.First(frames));
        }
        Frames = frames;
        GC.KeepAlive(this);
    }

    private void Spectrum(float* signal, int samples, int frame)
    {
        plan.Power(signal, samples, frame, power.Pointer);
        var values = power.Span;
        if (options.Has(FeatureKinds.Power)) values.CopyTo(powerRows[frame]);
        if (options.Has(NeedMagnitude)) TensorPrimitives.Sqrt(values, magnitude.Span);
        if (options.Has(FeatureKinds.Magnitude)) magnitude.Span.CopyTo(magnitudeRows[frame]);
        if (mel != null)
            fixed (float* to = (options.Has(FeatureKinds.Mel) ? melRows : logMelRows)[frame]) mel.Apply(Raised(), to);
        chroma?.Apply(values, chromaRows[frame]);
        if (options.Has(FeatureKinds.Centroid | FeatureKinds.Bandwidth))
        {
            float centroid = shape.Centroid(magnitude.Span);
            centroidRows[frame][0] = centroid;
            if (options.Has(FeatureKinds.Bandwidth)) bandwidthRows[frame][0] = shape.Bandwidth(magnitude.Span, centroid);
        }
        if (options.Has(FeatureKinds.Rolloff)) rolloffRows[frame][0] = shape.Rolloff(magnitude.Span);
        if (options.Has(FeatureKinds.Flatness)) flatnessRows[frame][0] = shape.Flatness(values);
        contrast?.PeaksAndValleys(magnitude.Span, contrastRows[frame], valleyRows[frame]);
    }

    /// <summary>The magnitudes to the power that the mel bands add up.</summary>
    private float* Raised()
    {
        double exponent = options.Mfcc.Mel.Power;
        if (exponent == 2) return power.Pointer;
        if (exponent == 1) TensorPrimitives.Sqrt(power.Span, raised.Span);
        else TensorPrimitives.Pow(power.Span, (float)(exponent / 2), raised.Span);
        return raised.Pointer;
    }

    private ReadOnlySpan<float> FrameOf(Framer framer, float* signal, int samples, int frame) =>
        new(framer.Frame(signal, samples, frame, mustCopy: false), options.Stft.FrameLength);

    private void Reserve(Rows rows, FeatureKinds kinds, int frames)
    {
        if (options.Has(kinds)) rows.Reserve(frames);
    }

    private ReadOnlySpan<float> Asked(Rows rows, FeatureKinds kind) => options.Has(kind) ? rows.First(Frames) : throw NotAsked(kind);

    private InvalidOperationException NotAsked(FeatureKinds kind) => new($"{kind} was not asked for; add it to Kinds={options.Kinds}");
}

/// <summary>A matrix [frames x bins] that grows and is used again.</summary>
internal sealed class Rows(int bins)
{
    private float[] values = [];

    public Span<float> this[int frame] => values.AsSpan(frame * bins, bins);

    public Span<float> First(int frames) => values.AsSpan(0, frames * bins);

    public void Reserve(int frames)
    {
        long needed = (long)frames * bins;
        if (needed > Array.MaxLength) throw new SimSearchException($"{frames} frames of {bins} values are more than one array can hold; use a longer hop or cut the signal into parts");
        if (values.Length < needed) values = GC.AllocateUninitializedArray<float>((int)needed);
    }
}
