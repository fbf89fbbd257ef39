using SimSearch.Audio;

namespace SimSearch.Charts;

/// <summary>A signal in a notebook: to play, as a waveform and as a spectrogram.</summary>
internal static class SignalView
{
    // A rate at which speech and most sounds lose little, taken when a signal does not fit at its own; and how much is looked at.
    private const int PlayerRate = 16_000, LongestPicture = 60;
    private const int SlowestPlayer = 3000, FastestPlayer = 96_000; // what browsers play

    public static string Text(AudioSignal signal) =>
        FormattableString.Invariant($"Sound of {signal.Duration:0.###} s: {signal.Frames} frames, {signal.SampleRate} Hz, {signal.Channels} channel{(signal.Channels == 1 ? "" : "s")}, peak {Peak(signal):0.###}");

    public static Html Markup(AudioSignal signal)
    {
        var about = Html.Of($"<p>{Text(signal)}</p>");
        if (signal.Frames == 0) return about;
        int frames = (int)Math.Min(signal.Frames, (long)LongestPicture * signal.SampleRate);
        var start = frames == signal.Frames ? signal : Start(signal, frames);
        var mono = Mono(start);
        string note = frames < signal.Frames ? $"The pictures show the first {LongestPicture} s." : "";
        return Html.Join([about, Player(mono, signal.Duration), Html.Of($"<div class=\"ss-pair\"><div>{Picture(() => Chart.Waveform(start) with { Width = 480, Height = 240 })}</div><div>{Picture(() => Chart.Spectrogram(ReportSounds.LogMel(mono, 320, 96)) with { Width = 480, Height = 240 })}</div></div>"),
            note.Length > 0 ? Html.Of($"<p class=\"ss-note\">{note}</p>") : Html.Empty]);
    }

    private static Html Player(AudioSignal mono, double whole)
    {
        int room = NotebookViews.SoundBytes * 3 / 4 / 2; // samples: base64 writes 4 characters for 3 bytes, a sample has 2
        if (mono.SampleRate < SlowestPlayer) return Html.Of($"<p class=\"ss-note\">{mono.SampleRate} Hz is too slow for a player; resample the signal to hear it.</p>");
        if ((mono.Frames > room && mono.SampleRate > PlayerRate) || mono.SampleRate > FastestPlayer)
        {
            // No more is resampled than can be played.
            int enough = (int)Math.Min(mono.Frames, ((long)room / PlayerRate + 1) * mono.SampleRate);
            mono = Resampler.Resample(Start(mono, enough), PlayerRate);
        }
        int frames = Math.Min(mono.Frames, room);
        float[] samples = mono.Samples[..frames];
        var played = new AudioSignal(samples, mono.SampleRate);
        bool cut = played.Duration < whole - 0.01;
        if (cut) ReportSounds.FadeOut(samples, mono.SampleRate / 100);
        string length = cut ? FormattableString.Invariant($"first {played.Duration:0.0} s of {whole:0.0} s") : FormattableString.Invariant($"{whole:0.0} s");
        return Html.Of($"{ReportSounds.Audio(played, "the sound")}<p class=\"ss-note\">Plays: {length}, mono, {played.SampleRate} Hz</p>");
    }

    // A rate of a few hertz, for one, has no mel bands: the rest of the output is still worth seeing.
    private static Html Picture(Func<Chart> make)
    {
        try
        {
            return Html.Trusted(make().ToSvg());
        }
        catch (Exception e) when (e is ArgumentException or SimSearchException)
        {
            return Html.Of($"<p class=\"ss-note\">No picture: {e.Message}</p>");
        }
    }

    private static AudioSignal Start(AudioSignal signal, int frames)
    {
        var samples = new float[frames * signal.Channels];
        for (int channel = 0; channel < signal.Channels; channel++) signal.Channel(channel)[..frames].CopyTo(samples.AsSpan(channel * frames));
        return new AudioSignal(samples, signal.SampleRate, signal.Channels);
    }

    /// <summary>The mean of the channels; samples that are not finite count as silence.</summary>
    private static AudioSignal Mono(AudioSignal signal)
    {
        var mono = new float[signal.Frames];
        for (int channel = 0; channel < signal.Channels; channel++)
        {
            var samples = signal.Channel(channel);
            for (int i = 0; i < mono.Length; i++)
                if (float.IsFinite(samples[i])) mono[i] += Math.Clamp(samples[i], -1e6f, 1e6f) / signal.Channels;
        }
        return new AudioSignal(mono, signal.SampleRate);
    }

    private static float Peak(AudioSignal signal)
    {
        float peak = 0;
        foreach (float sample in signal.Samples) peak = Math.Max(peak, float.IsFinite(sample) ? Math.Abs(sample) : 0);
        return peak;
    }
}
