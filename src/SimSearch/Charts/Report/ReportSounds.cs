using SimSearch.Audio;
using SimSearch.Datasets;
using SimSearch.Images;

namespace SimSearch.Charts;

/// <summary>Sounds as a page shows them, a waveform, a spectrogram and a player each, and images as themselves, within a limit on all of them together.</summary>
internal sealed class ReportSounds
{
    private const int WaveColumns = 240;

    private readonly Dataset? dataset;
    private readonly SoundLimits limits;
    private readonly double seconds;
    private readonly long room;
    private readonly CancellationToken cancellation;
    private readonly Dictionary<(string Id, string Source), Sound> cache = []; // a query may have the id of a hit and be another file

    /// <summary>Prepares for a number of sounds.</summary>
    /// <param name="dataset">Gives the sounds; null when there are none.</param>
    /// <param name="count">How many will be shown.</param>
    /// <param name="limits">How much room they have.</param>
    /// <param name="cancellation">Looked at before each sound.</param>
    public ReportSounds(Dataset? dataset, int count, SoundLimits limits, CancellationToken cancellation = default)
    {
        (this.dataset, this.limits, this.cancellation) = (dataset, limits, cancellation);
        room = limits.Bytes / Math.Max(1, count);
        // Base64 writes 4 characters for 3 bytes; a sample has 2 bytes.
        seconds = Math.Min(limits.Seconds, Math.Max(0.25, limits.Bytes * 0.75 / 2 / limits.SampleRate / Math.Max(1, count)));
    }

    /// <summary>Waveform of one item, or nothing when it cannot be played.</summary>
    public Html Wave(Item item) => Of(item).Wave;

    /// <summary>Spectrogram of one item, or the image that it is, or nothing when it cannot be read.</summary>
    public Html Image(Item item) => Of(item).Image;

    /// <summary>Player of one item, or the size of the image that it is, or why there is none.</summary>
    public Html Player(Item item) => Of(item).Player;

    /// <summary>Whether there is something of the item to be seen.</summary>
    public bool Shows(Item item) => !Of(item).Image.IsEmpty;

    /// <summary>The samples that are shown and played; null when the item cannot be played.</summary>
    public AudioSignal? Signal(Item item) => Of(item).Signal;

    /// <summary>A log-mel spectrogram in dB below the loudest, about as wide as asked for.</summary>
    public static FeatureMatrix LogMel(AudioSignal signal, int columns, int bands)
    {
        // A hop of a multiple of 16 samples that gives about as many frames as columns; not below 4 ms, where frames hold nothing new.
        int hop = Math.Max((int)Math.Round(signal.Frames / (double)columns / 16) * 16, signal.SampleRate / 250);
        var stft = new StftOptions { SampleRate = signal.SampleRate, FftLength = 1024, HopLength = Math.Max(1, hop) };
        return AudioFeatures.LogMel(signal, new MelOptions { Stft = stft, Bands = bands });
    }

    private Sound Of(Item item)
    {
        var key = (item.Id, item.Source);
        if (cache.TryGetValue(key, out var sound)) return sound;
        cancellation.ThrowIfCancellationRequested();
        return cache[key] = dataset is null || item.IsText ? default : item.IsImage ? LoadImage(dataset, item) : Load(dataset, item);
    }

    private Sound LoadImage(Dataset dataset, Item item)
    {
        try
        {
            var image = ImageFile.Load(dataset.PathOf(item));
            return new Sound(null, Html.Empty, Pictures.Small(image, limits.Side, room, $"{item.Label ?? "image"}, {item.Id}"), Html.Of($"<p>{image}</p>"));
        }
        catch (Exception e) when (e is SimSearchException or IOException or UnauthorizedAccessException)
        {
            return new Sound(null, Html.Empty, Html.Empty, Html.Of($"<p>Not to be seen: {e.Message}</p>"));
        }
    }

    private Sound Load(Dataset dataset, Item item)
    {
        try
        {
            var loaded = dataset.Load(item, new AudioLoadOptions { SampleRate = limits.SampleRate, Duration = limits.Seconds }, cancellation);
            double whole = dataset.DurationOf(item);
            int frames = (int)Math.Min(loaded.Frames, seconds * loaded.SampleRate);
            if (frames == 0) return Without("the sound is empty");
            float[] samples = loaded.Mono[..frames].ToArray();
            for (int i = 0; i < samples.Length; i++)
                if (!float.IsFinite(samples[i])) samples[i] = 0;
            bool cut = frames < whole * loaded.SampleRate - 1;
            if (cut) FadeOut(samples, loaded.SampleRate / 100);
            var signal = new AudioSignal(samples, loaded.SampleRate);
            string what = $"{item.Label ?? "sound"}, {item.Id}";
            string played = FormattableString.Invariant($"{signal.Duration:0.0} s"), all = FormattableString.Invariant($"{whole:0.0} s");
            string length = played == all ? all : $"first {played} of {all}";
            return new Sound(signal, WaveOf(signal), ImageOf(signal, $"Spectrogram of {what}"), Html.Of($"{Audio(signal, what)}<p>{length}</p>"));
        }
        catch (Exception e) when (e is SimSearchException or IOException or UnauthorizedAccessException)
        {
            return Without(e.Message);
        }
    }

    private static Sound Without(string reason) => new(null, Html.Empty, Html.Empty, Html.Of($"<p>Not playable: {reason}</p>"));

    /// <summary>A player with the sound inside, 16 bit.</summary>
    public static Html Audio(AudioSignal signal, string what) => Html.Of(
        $"<audio controls preload=\"none\" aria-label=\"Play {what}\" src=\"data:audio/wav;base64,{Html.Trusted(Convert.ToBase64String(WavWriter.ToBytes(signal)))}\"></audio>");

    /// <summary>Cut in the middle of a wave, a sound would end with a click.</summary>
    public static void FadeOut(Span<float> samples, int length)
    {
        length = Math.Min(length, samples.Length);
        for (int i = 0; i < length; i++) samples[^(i + 1)] *= i / (float)length;
    }

    private static Html WaveOf(AudioSignal signal)
    {
        float peak = Math.Max(1e-6f, signal.Samples.Max(MathF.Abs));
        var path = new System.Text.StringBuilder();
        for (int i = 0; i < WaveColumns; i++)
        {
            int from = (int)((long)i * signal.Frames / WaveColumns), to = (int)((i + 1L) * signal.Frames / WaveColumns);
            if (to <= from) continue;
            float low = 0, high = 0;
            foreach (float sample in signal.Samples.AsSpan(from, to - from)) (low, high) = (Math.Min(low, sample), Math.Max(high, sample));
            double top = 20 - 19 * high / peak, bottom = 20 - 19 * low / peak;
            path.Append($"M{i} {SvgText.N(top)}h1V{SvgText.N(Math.Max(bottom, top + 0.6))}h-1z");
        }
        return Html.Of($"<svg class=\"ss-wave\" viewBox=\"0 0 {WaveColumns} 40\" preserveAspectRatio=\"none\" aria-hidden=\"true\"><path d=\"{path}\"/></svg>");
    }

    private Html ImageOf(AudioSignal signal, string description)
    {
        var map = Chart.Spectrogram(LogMel(signal, limits.Columns, limits.Bands), floorDb: 70).Series.OfType<HeatmapSeries>().Single();
        return Html.Of($"<img class=\"ss-image\" alt=\"{description}\" width=\"{map.Columns}\" height=\"{map.Rows}\" src=\"data:image/png;base64,{Html.Trusted(Convert.ToBase64String(HeatmapImage.Png(map, rowsDown: false)))}\">");
    }

    private readonly record struct Sound(AudioSignal? Signal, Html Wave, Html Image, Html Player);
}

/// <summary>How much room sounds and images have on a page.</summary>
/// <param name="Seconds">Longest sound, in seconds.</param>
/// <param name="SampleRate">Their sample rate, in Hz.</param>
/// <param name="Bytes">About how many bytes of base64 all of them may take together.</param>
/// <param name="Columns">About how many columns a spectrogram has.</param>
/// <param name="Bands">How many mel bands a spectrogram has.</param>
/// <param name="Side">Longest side of an image, in pixels.</param>
internal readonly record struct SoundLimits(double Seconds, int SampleRate, long Bytes, int Columns = 160, int Bands = 64, int Side = 240);
