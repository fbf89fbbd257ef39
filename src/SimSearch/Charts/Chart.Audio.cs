using SimSearch.Audio;

namespace SimSearch.Charts;

public sealed partial record Chart
{
    // Twice the pixels of a wide chart: finer columns could not be seen, but would weigh in pages and exports.
    private const int MaxColumns = 2000;

    /// <summary>The waveform of a signal as its envelope: the smallest and the largest sample of each of up to 2,000 equal stretches.</summary>
    /// <param name="signal">The signal; each channel is a series. No samples give an empty chart.</param>
    /// <param name="title">One line that says what is shown.</param>
    public static Chart Waveform(AudioSignal signal, string title = "Waveform")
    {
        ArgumentNullException.ThrowIfNull(signal);
        int columns = Math.Min(signal.Frames, MaxColumns);
        double[] times = [.. Enumerable.Range(0, columns).Select(i => (i + 0.5) * signal.Duration / columns)];
        var series = new List<ChartSeries>();
        for (int channel = 0; channel < signal.Channels && columns > 0; channel++)
        {
            double[] low = new double[columns], high = new double[columns];
            for (int i = 0; i < columns; i++)
            {
                var stretch = signal.Channel(channel)[(int)((long)i * signal.Frames / columns)..(int)((i + 1L) * signal.Frames / columns)];
                (low[i], high[i]) = (double.PositiveInfinity, double.NegativeInfinity);
                foreach (float sample in stretch)
                    if (float.IsFinite(sample)) (low[i], high[i]) = (Math.Min(low[i], sample), Math.Max(high[i], sample));
                if (low[i] > high[i]) (low[i], high[i]) = (double.NaN, double.NaN);
            }
            series.Add(new BandSeries(signal.Channels == 1 ? "amplitude" : $"channel {channel + 1}", times, low, high));
        }
        double peak = series.Cast<BandSeries>().SelectMany(s => s.Upper.Concat(s.Lower)).Where(double.IsFinite).Select(Math.Abs).DefaultIfEmpty(1).Max();
        double limit = peak > 0 ? peak * 1.05 : 1;
        return new Chart(title, new ChartAxis("Time", "s") { Min = 0, Max = Math.Max(signal.Duration, 1e-6) }, new ChartAxis("Amplitude", "full scale") { Min = -limit, Max = limit }, series) { Height = 240 };
    }

    /// <summary>A feature over time as an image: time in seconds to the right, frequency (or the feature's own bins) upwards.</summary>
    /// <param name="feature">
    /// Power, magnitude and mel values are shown in dB below the loudest, those called "log-..." as they are (in dB), others in their
    /// own values. More than 2,000 frames are averaged down to 2,000 columns.
    /// </param>
    /// <param name="title">One line that says what is shown.</param>
    /// <param name="floorDb">How far below the loudest the darkest colour lies, in dB, above 0; 80 by default.</param>
    /// <param name="melFrequencies">For mel features: the centre frequency of each band, in Hz, ascending, as many as there are bins. Null takes Slaney's scale from 0 Hz to half the sample rate, librosa's default.</param>
    /// <exception cref="ArgumentException">The number of frequencies is not the number of bins, or the floor is not above 0.</exception>
    public static Chart Spectrogram(FeatureMatrix feature, string title = "Spectrogram", double floorDb = 80, IReadOnlyList<double>? melFrequencies = null)
    {
        ArgumentNullException.ThrowIfNull(feature);
        if (!(floorDb > 0)) throw new ArgumentException($"floor={floorDb} dB must be above 0; 80 is usual", nameof(floorDb));
        if (melFrequencies is not null && melFrequencies.Count != feature.Bins)
            throw new ArgumentException($"{melFrequencies.Count} mel frequencies for {feature.Bins} bins; give one for each", nameof(melFrequencies));
        int columns = Math.Min(feature.Frames, MaxColumns);
        bool power = feature.Kind is "power" or "mel", magnitude = feature.Kind == "magnitude", level = power || magnitude || feature.Kind.StartsWith("log-", StringComparison.Ordinal);
        var values = Columns(feature, columns);
        if (power || magnitude)
            for (int i = 0; i < values.Length; i++) values[i] = (power ? 10f : 20f) * MathF.Log10(Math.Max(values[i], 1e-20f));
        float peak = values.Where(float.IsFinite).DefaultIfEmpty(0).Max();
        if (power || magnitude)
            for (int i = 0; i < values.Length; i++) values[i] -= peak;
        double top = power || magnitude ? 0 : peak, hop = (double)feature.HopLength / feature.SampleRate;
        string unit = feature.Kind switch { "mfcc" => "Coefficient", "chroma" => "Share of the loudest pitch class", _ => level ? "Level (dB)" : feature.Kind };
        var grid = new HeatmapSeries(unit, values, feature.Bins, columns)
        {
            // A frame stands for the hop around its centre.
            XMin = -hop / 2, XMax = (feature.Frames - 0.5) * hop,
            ColourMin = level ? top - floorDb : null, ColourMax = level ? top : null, Colours = level ? ColourMap.Magma : ColourMap.Viridis,
        };
        var time = new ChartAxis("Time", "s") { Min = Math.Min(0, grid.XMax - hop), Max = grid.XMax };
        return new Chart(title, time, FrequencyAxis(feature, melFrequencies, ref grid), feature.Frames == 0 ? [] : [grid]) { Height = 320 };
    }

    private static float[] Columns(FeatureMatrix feature, int columns)
    {
        var values = new float[feature.Bins * columns];
        for (int column = 0; column < columns; column++)
        {
            int from = (int)((long)column * feature.Frames / columns), to = (int)((column + 1L) * feature.Frames / columns);
            for (int bin = 0; bin < feature.Bins; bin++)
            {
                double sum = 0;
                for (int frame = from; frame < to; frame++) sum += feature.Values[(long)frame * feature.Bins + bin];
                values[bin * columns + column] = (float)(sum / (to - from));
            }
        }
        return values;
    }

    private static ChartAxis FrequencyAxis(FeatureMatrix feature, IReadOnlyList<double>? melFrequencies, ref HeatmapSeries grid)
    {
        double nyquist = feature.SampleRate / 2.0;
        if (feature.Kind is "power" or "magnitude" or "log-power" && feature.Bins > 1)
        {
            double half = nyquist / (feature.Bins - 1) / 2;
            grid = grid with { YMin = -half, YMax = nyquist + half };
            return new ChartAxis("Frequency", "Hz") { Min = 0, Max = nyquist };
        }
        if (feature.Kind is "mel" or "log-mel" or "pcen")
        {
            grid = grid with { YMin = -0.5, YMax = feature.Bins - 0.5 };
            var centres = melFrequencies ?? SlaneyCentres(feature.Bins, nyquist);
            var ticks = new List<AxisTick>();
            foreach (double hertz in (double[])[0, 100, 200, 500, 1000, 2000, 4000, 8000, 16000, 32000])
                if (BinOf(centres, hertz) is { } bin && (ticks.Count == 0 || bin - ticks[^1].Position > feature.Bins * 0.06)) ticks.Add(new AxisTick(bin, AxisTicks.Number(hertz, 100)));
            return new ChartAxis("Frequency, mel scale", "Hz") { Min = -0.5, Max = feature.Bins - 0.5, Ticks = ticks };
        }
        if (feature.Kind == "chroma" && feature.Bins == 12)
        {
            grid = grid with { YMin = -0.5, YMax = 11.5 };
            string[] pitches = ["C", "C♯", "D", "D♯", "E", "F", "F♯", "G", "G♯", "A", "A♯", "B"];
            return new ChartAxis("Pitch class", "") { Min = -0.5, Max = 11.5, Ticks = [.. pitches.Select((p, i) => new AxisTick(i, p))] };
        }
        grid = grid with { YMin = -0.5, YMax = feature.Bins - 0.5 };
        return new ChartAxis(feature.Kind == "mfcc" ? "Cepstral coefficient" : "Bin", "number") { Min = -0.5, Max = feature.Bins - 0.5 };
    }

    /// <summary>Position of a frequency among ascending centres, between two of them by proportion; null outside.</summary>
    private static double? BinOf(IReadOnlyList<double> centres, double hertz)
    {
        for (int i = 1; i < centres.Count; i++)
            if (hertz >= centres[i - 1] && hertz <= centres[i]) return i - 1 + (hertz - centres[i - 1]) / Math.Max(centres[i] - centres[i - 1], 1e-9);
        return null;
    }

    private static double[] SlaneyCentres(int bands, double highest)
    {
        double top = MelFilterbank.ToMel(highest, MelScale.Slaney);
        return [.. Enumerable.Range(1, bands).Select(i => MelFilterbank.ToHertz(i * top / (bands + 1), MelScale.Slaney))];
    }
}
