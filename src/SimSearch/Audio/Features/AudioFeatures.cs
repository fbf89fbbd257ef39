namespace SimSearch.Audio;

/// <summary>
/// Features of a mono signal, one call each: an <see cref="AudioSignal"/> in, a <see cref="FeatureMatrix"/> [frames x bins] out. Safe for use by
/// many threads. For many clips, or several features of the same clip, <see cref="FrameFeatures"/> saves the tables and the repeated transforms.
/// </summary>
/// <remarks>
/// The same holds for all of them. Options left out are librosa's defaults, at the rate the options name (22,050 Hz unless said otherwise): a signal
/// at another rate is an <see cref="ArgumentException"/>, one with several channels an <see cref="InvalidOperationException"/>, an empty one, or one shorter than a frame without centring,
/// a <see cref="SimSearchException"/>. With centring one sample gives one frame. NaN or infinity in the samples makes the frames that contain it NaN or infinite and no others, except where
/// a feature itself looks at neighbouring frames (<see cref="Delta"/>). How near librosa each feature is, is measured in docs/parity.md.
/// </remarks>
public static class AudioFeatures
{
    /// <summary>Power spectrogram |X|^2, [frames x n_fft / 2 + 1], not divided by n_fft.</summary>
    /// <param name="signal">The mono signal.</param>
    /// <param name="options">Frames and transform; null: librosa's defaults.</param>
    public static FeatureMatrix Power(AudioSignal signal, StftOptions? options = null) => Compute(signal, "power", FeatureKinds.Power, Of(options));

    /// <summary>Magnitude spectrogram |X|, [frames x n_fft / 2 + 1]: abs(librosa.stft(y)).</summary>
    /// <param name="signal">The mono signal.</param>
    /// <param name="options">Frames and transform; null: librosa's defaults.</param>
    public static FeatureMatrix Magnitude(AudioSignal signal, StftOptions? options = null) => Compute(signal, "magnitude", FeatureKinds.Magnitude, Of(options));

    /// <summary>Mel spectrogram, [frames x bands]: librosa.feature.melspectrogram.</summary>
    /// <param name="signal">The mono signal.</param>
    /// <param name="options">Frames, transform and bands; null: librosa's defaults.</param>
    public static FeatureMatrix Mel(AudioSignal signal, MelOptions? options = null) => Compute(signal, "mel", FeatureKinds.Mel, Of(options ?? MelOptions.Librosa));

    /// <summary>Mel spectrogram in decibels, [frames x bands]: librosa.power_to_db(melspectrogram).</summary>
    /// <param name="signal">The mono signal.</param>
    /// <param name="options">The bands; null: librosa's defaults.</param>
    /// <param name="db">Reference and limit; null: librosa's defaults (reference 1, 80 dB below the clip's maximum at most).</param>
    public static FeatureMatrix LogMel(AudioSignal signal, MelOptions? options = null, DbOptions? db = null) =>
        Compute(signal, "log-mel", FeatureKinds.LogMel, new() { Kinds = 0, Mfcc = new() { Mel = options ?? MelOptions.Librosa, Db = db ?? DbOptions.Librosa } });

    /// <summary>Mel-frequency cepstral coefficients, [frames x count]: librosa.feature.mfcc. See <see cref="Cepstrum"/> for the formula.</summary>
    /// <param name="signal">The mono signal.</param>
    /// <param name="options">Frames, bands, decibels and coefficients; null: librosa's defaults.</param>
    public static FeatureMatrix Mfcc(AudioSignal signal, MfccOptions? options = null) =>
        Compute(signal, "mfcc", FeatureKinds.Mfcc, new() { Kinds = 0, Mfcc = options ?? MfccOptions.Librosa });

    /// <summary>What coefficients keep of the logarithmic mel spectrogram they were taken from, [frames x bands]: its smooth shape. See <see cref="Cepstrum.Inverse"/>.</summary>
    /// <param name="mfcc">Coefficients, [frames x count].</param>
    /// <param name="options">The options they were made with; null: librosa's defaults.</param>
    /// <exception cref="ArgumentException">The options make another number of coefficients a frame.</exception>
    public static FeatureMatrix MfccToLogMel(FeatureMatrix mfcc, MfccOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(mfcc);
        options ??= MfccOptions.Librosa;
        if (mfcc.Bins != options.Count) throw new ArgumentException($"the feature has {mfcc.Bins} values a frame where the options say {options.Count} coefficients", nameof(mfcc));
        var logMel = new float[mfcc.Frames * options.Mel.Bands];
        new Cepstrum(options).Inverse(mfcc.Values, logMel);
        return new("log-mel", logMel, options.Mel.Bands, mfcc.SampleRate, mfcc.HopLength);
    }

    /// <summary>The derivative over frames, [frames x bins]: librosa.feature.delta. See <see cref="Audio.Delta.Compute"/>.</summary>
    /// <param name="feature">The feature.</param>
    /// <param name="order">1: delta, 2: delta-delta of the feature itself.</param>
    /// <param name="width">Frames in the window, odd, from 3; greater than <paramref name="order"/>.</param>
    /// <param name="edges">What happens at both ends.</param>
    /// <exception cref="SimSearchException">The feature has fewer frames than the window is wide and the edges are interpolated.</exception>
    public static FeatureMatrix Delta(FeatureMatrix feature, int order = 1, int width = 9, DeltaEdges edges = DeltaEdges.Interpolate)
    {
        ArgumentNullException.ThrowIfNull(feature);
        var values = new float[feature.Values.Length];
        Audio.Delta.Compute(feature.Values, feature.Bins, values, order, width, edges);
        return new($"{feature.Kind}-delta{(order == 1 ? "" : order)}", values, feature.Bins, feature.SampleRate, feature.HopLength);
    }

    /// <summary>Chroma, [frames x 12], each frame divided by its maximum: librosa.feature.chroma_stft with the tuning of the options.</summary>
    /// <param name="signal">The mono signal.</param>
    /// <param name="options">Pitch classes, tuning and octave weight; null: librosa's defaults with tuning 0.</param>
    /// <param name="stft">Frames and transform; null: librosa's defaults.</param>
    public static FeatureMatrix Chroma(AudioSignal signal, ChromaOptions? options = null, StftOptions? stft = null) =>
        Compute(signal, "chroma", FeatureKinds.Chroma, Of(stft) with { Chroma = options ?? ChromaOptions.Librosa });

    /// <summary>Tonal centroids of the chroma, [frames x 6]: librosa.feature.tonnetz(chroma=chroma_stft).</summary>
    /// <param name="signal">The mono signal.</param>
    /// <param name="options">Pitch classes, tuning and octave weight; null: librosa's defaults with tuning 0.</param>
    /// <param name="stft">Frames and transform; null: librosa's defaults.</param>
    public static FeatureMatrix Tonnetz(AudioSignal signal, ChromaOptions? options = null, StftOptions? stft = null)
    {
        var chroma = Chroma(signal, options, stft);
        var values = new float[chroma.Frames * Audio.Tonnetz.Dimensions];
        Audio.Tonnetz.Compute(chroma.Values, chroma.Bins, values);
        return new("tonnetz", values, Audio.Tonnetz.Dimensions, chroma.SampleRate, chroma.HopLength);
    }

    /// <summary>Spectral centroid in Hz, [frames x 1]: the mean frequency, weighted by magnitude. Silence gives 0. librosa.feature.spectral_centroid.</summary>
    /// <param name="signal">The mono signal.</param>
    /// <param name="options">Frames and transform; null: librosa's defaults.</param>
    public static FeatureMatrix Centroid(AudioSignal signal, StftOptions? options = null) => Compute(signal, "centroid", FeatureKinds.Centroid, Of(options));

    /// <summary>Spectral bandwidth in Hz, [frames x 1]: the deviation of frequency from the centroid, weighted by magnitude. Silence gives 0. librosa.feature.spectral_bandwidth.</summary>
    /// <param name="signal">The mono signal.</param>
    /// <param name="options">Frames and transform; null: librosa's defaults.</param>
    public static FeatureMatrix Bandwidth(AudioSignal signal, StftOptions? options = null) => Compute(signal, "bandwidth", FeatureKinds.Bandwidth, Of(options));

    /// <summary>Roll-off in Hz, [frames x 1]: the first bin at or below which a share of the magnitudes lies. Silence gives 0. librosa.feature.spectral_rolloff.</summary>
    /// <param name="signal">The mono signal.</param>
    /// <param name="options">The transform; null: librosa's defaults.</param>
    /// <param name="rollPercent">The share, above 0 and below 1.</param>
    public static FeatureMatrix Rolloff(AudioSignal signal, StftOptions? options = null, double rollPercent = 0.85) =>
        Compute(signal, "rolloff", FeatureKinds.Rolloff, Of(options) with { RollPercent = rollPercent });

    /// <summary>Spectral contrast in dB, [frames x bands + 1]: peaks over valleys in octave bands. librosa.feature.spectral_contrast.</summary>
    /// <param name="signal">The mono signal.</param>
    /// <param name="options">The bands; null: librosa's defaults, with fewer bands where the sample rate is too low for 6.</param>
    /// <param name="stft">The transform; null: librosa's defaults.</param>
    public static FeatureMatrix Contrast(AudioSignal signal, ContrastOptions? options = null, StftOptions? stft = null) =>
        Compute(signal, "contrast", FeatureKinds.Contrast, Of(stft) with { Contrast = options });

    /// <summary>Spectral flatness, [frames x 1]: geometric over arithmetic mean of the powers; 1 for noise and silence, towards 0 for tones. librosa.feature.spectral_flatness.</summary>
    /// <param name="signal">The mono signal.</param>
    /// <param name="options">Frames and transform; null: librosa's defaults.</param>
    public static FeatureMatrix Flatness(AudioSignal signal, StftOptions? options = null) => Compute(signal, "flatness", FeatureKinds.Flatness, Of(options));

    /// <summary>Zero-crossing rate, [frames x 1]: sign changes divided by the frame length, padded with the edge value. librosa.feature.zero_crossing_rate.</summary>
    /// <param name="signal">The mono signal.</param>
    /// <param name="options">Frames and transform; null: librosa's defaults.</param>
    public static FeatureMatrix ZeroCrossings(AudioSignal signal, StftOptions? options = null) => Compute(signal, "zcr", FeatureKinds.ZeroCrossings, Of(options));

    /// <summary>Root mean square, [frames x 1], of the samples as they are (no window). librosa.feature.rms.</summary>
    /// <param name="signal">The mono signal.</param>
    /// <param name="options">Frames and transform; null: librosa's defaults.</param>
    public static FeatureMatrix Rms(AudioSignal signal, StftOptions? options = null) => Compute(signal, "rms", FeatureKinds.Rms, Of(options));

    /// <summary>Per-channel energy normalised mel spectrogram, [frames x bands]: librosa.pcen(melspectrogram(power=1) * 2^31). See <see cref="Audio.Pcen"/>.</summary>
    /// <param name="signal">The mono signal.</param>
    /// <param name="options">Gain, compression and smoothing; null: librosa's defaults.</param>
    /// <param name="mel">The bands; null: librosa's defaults. <see cref="MelOptions.Power"/> is set to 1.</param>
    public static FeatureMatrix Pcen(AudioSignal signal, PcenOptions? options = null, MelOptions? mel = null)
    {
        mel = (mel ?? MelOptions.Librosa) with { Power = 1 };
        var feature = Compute(signal, "pcen", FeatureKinds.Mel, Of(mel));
        Audio.Pcen.Normalize(feature.Values, feature.Bins, (double)feature.SampleRate / feature.HopLength, options);
        return feature;
    }

    private static FrameFeatureOptions Of(StftOptions? stft) => Of(new MelOptions { Stft = stft ?? StftOptions.Librosa });

    private static FrameFeatureOptions Of(MelOptions mel) => new() { Kinds = FeatureKinds.None, Mfcc = new() { Mel = mel } };

    private static FeatureMatrix Compute(AudioSignal signal, string name, FeatureKinds kind, FrameFeatureOptions options)
    {
        ArgumentNullException.ThrowIfNull(signal);
        var samples = signal.Mono;
        var stft = options.Stft;
        if (signal.SampleRate != stft.SampleRate)
            throw new ArgumentException($"the signal has {signal.SampleRate} Hz where the options say {stft.SampleRate} Hz; resample it, or set StftOptions.SampleRate to {signal.SampleRate}", nameof(signal));
        var features = new FrameFeatures(options with { Kinds = kind });
        features.Compute(samples);
        var values = features.Values(kind);
        return new(name, values.ToArray(), values.Length / features.Frames, stft.SampleRate, stft.HopLength);
    }
}
