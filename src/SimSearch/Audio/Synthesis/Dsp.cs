using SimSearch.Datasets;

namespace SimSearch.Audio;

/// <summary>The small parts that the sound recipes are put together from.</summary>
internal static class Dsp
{
    /// <summary>
    /// Sum over n = 1.. of amplitudes[n-1] * tilt^(n-1) * sin(n * phase), by the recurrence sin(n x) = 2 cos x sin((n-1) x) - sin((n-2) x):
    /// one sine and one cosine however many partials.
    /// </summary>
    public static float Harmonics(double phase, ReadOnlySpan<float> amplitudes, double tilt = 1)
    {
        (double current, double cosine) = Math.SinCos(phase);
        double previous = 0, power = 1, sum = 0, twice = 2 * cosine;
        foreach (float amplitude in amplitudes)
        {
            sum += amplitude * power * current;
            power *= tilt;
            (previous, current) = (current, twice * current - previous);
        }
        return (float)sum;
    }

    /// <summary>How many partials of a tone stay below 0.45 of the sample rate, at most <paramref name="limit"/>.</summary>
    public static int PartialsBelowNyquist(double highestFrequency, int rate, int limit) => Math.Clamp((int)(0.45 * rate / highestFrequency), 1, limit);

    /// <summary>A value that wanders between -1 and 1: random points at a given rate, joined by a cosine.</summary>
    public sealed class Wander(SeededRandom random, double pointsPerSecond, int rate)
    {
        private readonly double step = pointsPerSecond / rate;
        private double from = random.Between(-1, 1), to = random.Between(-1, 1), at;

        public double Next()
        {
            at += step;
            if (at >= 1)
            {
                at -= 1;
                (from, to) = (to, random.Between(-1, 1));
            }
            return from + (to - from) * (0.5 - 0.5 * Math.Cos(Math.PI * at));
        }
    }

    /// <summary>A two-pole resonance (band-pass with zeros at 0 Hz and the Nyquist frequency), gain 1 at its centre.</summary>
    public struct Resonator
    {
        private double b, a1, a2, x1, x2, y1, y2;

        public Resonator(double frequency, double bandwidth, int rate) => Tune(frequency, bandwidth, rate);

        /// <summary>Moves centre and width (both Hz) without a click.</summary>
        public void Tune(double frequency, double bandwidth, int rate)
        {
            frequency = Math.Min(frequency, 0.47 * rate);
            double radius = Math.Exp(-Math.PI * bandwidth / rate);
            a1 = 2 * radius * Math.Cos(2 * Math.PI * frequency / rate);
            a2 = -radius * radius;
            b = (1 - radius * radius) / 2;
        }

        public double Next(double x)
        {
            double y = b * (x - x2) + a1 * y1 + a2 * y2;
            (x2, x1, y2, y1) = (x1, x, y1, y);
            return y;
        }
    }

    /// <summary>A one-pole low-pass; what it takes away is the high-pass.</summary>
    public struct LowPass(double frequency, int rate)
    {
        private readonly double keep = Math.Exp(-2 * Math.PI * Math.Min(frequency, 0.49 * rate) / rate);
        private double y;

        public double Next(double x) => y = x + (y - x) * keep;
    }

    /// <summary>Noise whose power falls by 3 dB an octave (Kellet's three-pole filter).</summary>
    public sealed class PinkNoise(SeededRandom random)
    {
        private double b0, b1, b2;

        public double Next()
        {
            double white = random.Noise();
            b0 = 0.99765 * b0 + white * 0.0990460;
            b1 = 0.96300 * b1 + white * 0.2965164;
            b2 = 0.57000 * b2 + white * 1.0526913;
            return (b0 + b1 + b2 + white * 0.1848) * 0.25;
        }
    }

    /// <summary>Adds a short noise burst through a resonance: the sound of something hit.</summary>
    public static void AddHit(Span<float> y, int rate, double at, double frequency, double bandwidth, double burstSeconds, double level, SeededRandom random)
    {
        int start = (int)(at * rate);
        if (start < 0 || start >= y.Length) return;
        var body = new Resonator(frequency, bandwidth, rate);
        int burst = Math.Max((int)(burstSeconds * rate), 1);
        // The ring of a resonance falls by 60 dB in 2.2 / bandwidth seconds.
        int end = Math.Min(y.Length, start + burst + (int)(2.2 / bandwidth * rate));
        // A short burst reaches only a part of a narrow resonance's height; this evens the levels out.
        double gain = level / Math.Sqrt(Math.Min(1, bandwidth * burstSeconds + 0.02));
        for (int i = start; i < end; i++)
        {
            double fade = 1 - (double)(i - start) / burst;
            y[i] += (float)(gain * body.Next(fade > 0 ? random.Noise() * fade : 0));
        }
    }

    /// <summary>Rises in a cosine over <paramref name="attack"/> seconds, then 1, then falls likewise over the last <paramref name="release"/> of <paramref name="length"/>.</summary>
    public static double Envelope(double seconds, double length, double attack, double release)
    {
        if (seconds < 0 || seconds >= length) return 0;
        double level = 1;
        if (seconds < attack) level = 0.5 - 0.5 * Math.Cos(Math.PI * seconds / attack);
        if (seconds > length - release) level = Math.Min(level, 0.5 - 0.5 * Math.Cos(Math.PI * (length - seconds) / release));
        return level;
    }

    /// <summary>Times of events: evenly spaced with jitter (a fraction of the spacing), from a random start, until the end.</summary>
    public static List<double> Rhythm(double perSecond, double jitter, double length, SeededRandom random)
    {
        var times = new List<double>();
        double spacing = 1 / perSecond;
        for (double beat = random.Between(0.02, Math.Min(0.6 * spacing, 0.5)); beat < length - 0.03; beat += spacing)
            times.Add(Math.Clamp(beat + jitter * spacing * random.Between(-0.5, 0.5), 0, length - 0.03));
        return times;
    }
}
