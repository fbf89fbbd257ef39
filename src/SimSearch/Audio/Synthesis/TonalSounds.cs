using SimSearch.Datasets;

namespace SimSearch.Audio;

/// <summary>Instruments and other sounds with a pitch. Each method adds to the signal it is given.</summary>
internal static class TonalSounds
{
    /// <summary>Notes of a rhythm: where each begins, how long until the next, and a pitch on a major scale above <paramref name="lowest"/> Hz.</summary>
    private static IEnumerable<(double At, double Length, double Frequency)> Melody(double length, double lowest, int semitones, double shortest, SeededRandom random)
    {
        int[] steps = [.. Enumerable.Range(0, semitones + 1).Where(s => s % 12 is 0 or 2 or 4 or 5 or 7 or 9 or 11)];
        int count = 1 + random.Below(Math.Max((int)(length / shortest), 1));
        var notes = new List<(double, double, double)>();
        double at = random.Between(0, 0.08), spacing = (length - at) / count;
        for (int n = 0; n < count; n++, at += spacing)
            notes.Add((at, spacing, lowest * Math.Pow(2, steps[random.Below(steps.Length)] / 12.0)));
        return notes;
    }

    public static void PluckedString(Span<float> y, int rate, SeededRandom random)
    {
        double length = (double)y.Length / rate, lowest = random.LogBetween(82, 330);
        double brightness = random.Between(0.35, 0.95), decay = random.LogBetween(0.5, 3), position = random.Between(0.08, 0.4);
        foreach (var (at, _, frequency) in Melody(length, lowest, 17, 0.3, random))
            Pluck(y[(int)(at * rate)..], rate, frequency, brightness, decay, position, random.Between(0.6, 1), random);
    }

    /// <summary>
    /// A plucked string (Karplus and Strong 1983, with the tuning and the pick position of Jaffe and Smith 1983): noise in a delay line of one
    /// period, fed back through a low-pass. Its partials lie at multiples of the frequency.
    /// </summary>
    /// <param name="y">Receives the sound, added.</param>
    /// <param name="rate">Sample rate, Hz.</param>
    /// <param name="frequency">Fundamental, Hz.</param>
    /// <param name="brightness">0 (dull) to 1 (bright).</param>
    /// <param name="decay">Seconds until the fundamental has fallen by 60 dB.</param>
    /// <param name="position">Where it is plucked, as a fraction of its length: partials with a node there are missing.</param>
    /// <param name="level">Amplitude.</param>
    /// <param name="random">Source of the noise.</param>
    public static void Pluck(Span<float> y, int rate, double frequency, double brightness, double decay, double position, double level, SeededRandom random)
    {
        // One turn round the loop takes the line, the fraction of a sample that the all-pass adds, and what the low-pass delays (its damping).
        double damping = 0.5 - 0.5 * brightness * 0.95;
        double period = rate / frequency - damping;
        int delay = (int)(period - 0.1);
        double fraction = period - delay, allPass = (1 - fraction) / (1 + fraction);
        double loss = Math.Pow(0.001, 1 / (frequency * decay));
        var line = new double[delay];
        var excitation = new double[delay];
        for (int i = 0; i < delay; i++) excitation[i] = random.Noise();
        int comb = Math.Clamp((int)(position * delay), 1, delay - 1);
        double mean = 0;
        for (int i = 0; i < delay; i++) mean += line[i] = excitation[i] - excitation[(i + comb) % delay];
        for (int i = 0; i < delay; i++) line[i] -= mean / delay;

        double last = 0, allPassIn = 0, allPassOut = 0;
        for (int i = 0, at = 0; i < y.Length; i++)
        {
            double sample = line[at];
            y[i] += (float)(level * 0.5 * sample);
            double damped = loss * ((1 - damping) * sample + damping * last);
            last = sample;
            allPassOut = allPass * (damped - allPassOut) + allPassIn;
            allPassIn = damped;
            line[at] = allPassOut;
            if (++at == delay) at = 0;
        }
    }

    public static void BowedString(Span<float> y, int rate, SeededRandom random) => Sustained(y, rate, random, bow: true);

    public static void Brass(Span<float> y, int rate, SeededRandom random) => Sustained(y, rate, random, bow: false);

    /// <summary>
    /// A sustained tone rich in harmonics, through a few resonances. A bow has noise, slow attacks and deep vibrato; in brass the upper partials
    /// grow with the loudness (Risset 1965), the attacks are quicker and overshoot.
    /// </summary>
    private static void Sustained(Span<float> y, int rate, SeededRandom random, bool bow)
    {
        double length = (double)y.Length / rate, lowest = random.LogBetween(bow ? 130 : 110, bow ? 420 : 330);
        double vibratoRate = random.Between(4.5, 7), vibrato = bow ? random.Between(0.002, 0.012) : random.Between(0, 0.005);
        double attack = bow ? random.LogBetween(0.04, 0.3) : random.LogBetween(0.02, 0.12);
        double slope = random.Between(0.8, 1.5), noise = bow ? random.LogBetween(0.004, 0.04) : random.LogBetween(0.001, 0.01);
        var bodies = new Dsp.Resonator[3];
        for (int b = 0; b < bodies.Length; b++)
            bodies[b] = new Dsp.Resonator(random.LogBetween(bow ? 280 : 350, bow ? 3500 : 2600), random.LogBetween(150, 900), rate);
        double dry = random.Between(0.15, 0.5);
        var amplitudes = new float[40];
        foreach (var (at, span, frequency) in Melody(length, lowest, 12, 0.45, random))
        {
            int partials = Dsp.PartialsBelowNyquist(frequency * 1.02, rate, amplitudes.Length);
            for (int n = 1; n <= partials; n++) amplitudes[n - 1] = (float)Math.Pow(n, -slope);
            double phase = 0, loudness = random.Between(0.55, 1), delay = random.Between(0.1, 0.4);
            int start = (int)(at * rate), count = Math.Min((int)(span * 1.02 * rate), y.Length - start);
            for (int i = 0; i < count; i++)
            {
                double t = (double)i / rate;
                double envelope = Dsp.Envelope(t, span * 1.02, Math.Min(attack, span / 3), 0.06);
                if (!bow) envelope *= loudness * (1 + 0.4 * Math.Exp(-t / 0.08)) / 1.2;
                phase += 2 * Math.PI / rate * frequency * (1 + vibrato * Math.Min(1, t / delay) * Math.Sin(2 * Math.PI * vibratoRate * t));
                double tone = Dsp.Harmonics(phase, amplitudes.AsSpan(0, partials), bow ? 0.97 : 0.62 + 0.36 * envelope);
                double source = envelope * (tone + noise * 8 * random.Noise());
                double voiced = dry * source;
                for (int b = 0; b < bodies.Length; b++) voiced += bodies[b].Next(source);
                y[start + i] += (float)(0.3 * voiced);
            }
        }
    }

    /// <summary>Organ pipes: fixed ranks of partials (drawbars), chords of one to three keys, with or without a tremulant.</summary>
    public static void Organ(Span<float> y, int rate, SeededRandom random)
    {
        double length = (double)y.Length / rate, lowest = random.LogBetween(110, 330);
        double tremulant = random.NextDouble() < 0.5 ? random.Between(0.05, 0.3) : 0, tremulantRate = random.Between(5, 7.5);
        var ranks = new float[16];
        foreach (int n in (ReadOnlySpan<int>)[1, 2, 3, 4, 6, 8, 10, 12, 16]) ranks[n - 1] = (float)(random.Between(0.05, 1) / Math.Sqrt(n));
        double chiff = random.LogBetween(0.01, 0.15), noise = random.LogBetween(0.002, 0.012);
        ReadOnlySpan<int> intervals = [0, 4, 7];
        foreach (var (at, span, root) in Melody(length, lowest, 12, 0.6, random))
        {
            int keys = 1 + random.Below(3), start = (int)(at * rate), count = Math.Min((int)(span * 1.01 * rate), y.Length - start);
            for (int k = 0; k < keys; k++)
            {
                double frequency = root * Math.Pow(2, intervals[k] / 12.0) * (1 + random.Between(-0.001, 0.001)), phase = random.Between(0, 6.28);
                int partials = Dsp.PartialsBelowNyquist(frequency, rate, ranks.Length);
                for (int i = 0; i < count; i++)
                {
                    double t = (double)i / rate, wobble = 1 + tremulant * Math.Sin(2 * Math.PI * tremulantRate * t);
                    phase += 2 * Math.PI / rate * frequency * (1 + 0.006 * tremulant * Math.Sin(2 * Math.PI * tremulantRate * t));
                    double breath = random.Noise() * (noise + chiff * Math.Exp(-t / 0.03));
                    y[start + i] += (float)(0.25 * Dsp.Envelope(t, span * 1.01, 0.02, 0.04) * wobble * (Dsp.Harmonics(phase, ranks.AsSpan(0, partials)) + breath));
                }
            }
        }
    }

    public static void Bell(Span<float> y, int rate, SeededRandom random)
    {
        double length = (double)y.Length / rate, frequency = random.LogBetween(160, 900), ratio = random.Between(1.32, 1.48) + (random.NextDouble() < 0.3 ? 1 : 0);
        double index = random.Between(2, 8), decay = random.LogBetween(0.5, 3.5);
        foreach (double at in Dsp.Rhythm(random.LogBetween(0.4, 2.5), 0.3, length, random))
            Strike(y[(int)(at * rate)..], rate, frequency, ratio, index, decay, random.Between(0.5, 1));
    }

    /// <summary>
    /// A bell by frequency modulation (Chowning 1973): carrier and modulator in a ratio that is no whole number, so its partials lie at
    /// |frequency * (1 + k * ratio)|, off the multiples of any one tone; the modulation index falls with the loudness.
    /// </summary>
    public static void Strike(Span<float> y, int rate, double frequency, double ratio, double index, double decay, double level)
    {
        double carrier = 0, modulator = 0;
        for (int i = 0; i < y.Length; i++)
        {
            double t = (double)i / rate, loudness = Math.Exp(-6.91 * t / decay);
            modulator += 2 * Math.PI * frequency * ratio / rate;
            carrier += 2 * Math.PI * frequency / rate;
            y[i] += (float)(level * Math.Min(1, t / 0.001) * loudness * Math.Sin(carrier + index * loudness * Math.Sin(modulator)));
        }
    }

    public static void Siren(Span<float> y, int rate, SeededRandom random)
    {
        double low = random.LogBetween(350, 800), high = low * random.Between(1.5, 2.6), perSecond = random.LogBetween(0.35, 4);
        Sweep(y, rate, low, high, perSecond, random.Between(0, 1), random.Below(3), random.Between(0.2, 0.75));
    }

    /// <summary>
    /// A siren: a tone whose pitch goes between two frequencies. Shape 0 rises and falls evenly on a logarithmic scale (wail), 1 rises slowly
    /// and falls fast, 2 jumps between both (two-tone).
    /// </summary>
    public static void Sweep(Span<float> y, int rate, double low, double high, double perSecond, double startPhase, int shape, double richness)
    {
        var amplitudes = new float[12];
        int partials = Dsp.PartialsBelowNyquist(high, rate, amplitudes.Length);
        for (int n = 1; n <= partials; n++) amplitudes[n - 1] = (float)Math.Pow(richness, n - 1);
        double phase = 0, position = startPhase, smooth = 0.5;
        for (int i = 0; i < y.Length; i++)
        {
            position = (position + perSecond / rate) % 1;
            double target = shape switch
            {
                0 => 0.5 - 0.5 * Math.Cos(2 * Math.PI * position),
                1 => position < 0.8 ? position / 0.8 : (1 - position) / 0.2,
                _ => position < 0.5 ? 0 : 1,
            };
            smooth = i == 0 ? target : smooth + (target - smooth) * Math.Min(1, 400.0 / rate);
            phase += 2 * Math.PI / rate * low * Math.Pow(high / low, smooth);
            y[i] += 0.6f * Dsp.Harmonics(phase, amplitudes.AsSpan(0, partials));
        }
    }
}
