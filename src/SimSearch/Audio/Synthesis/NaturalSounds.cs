using SimSearch.Datasets;

namespace SimSearch.Audio;

/// <summary>Weather, fire, water and animals. Each method adds to the signal it is given.</summary>
internal static class NaturalSounds
{
    /// <summary>Many drops a second, each a short resonance, over the hiss of those too many to tell apart.</summary>
    public static void Rain(Span<float> y, int rate, SeededRandom random)
    {
        double length = (double)y.Length / rate, density = random.LogBetween(30, 260);
        Hiss(y, rate, random.LogBetween(0.04, 0.35), random.LogBetween(900, 4500), random.LogBetween(200, 1000), random);
        double centre = random.LogBetween(1500, 5000), spread = random.Between(1.3, 2.2);
        for (double at = 0; at < length; at += -Math.Log(1 - random.NextDouble()) / density)
            Dsp.AddHit(y, rate, at, centre * random.LogBetween(1 / spread, spread), random.LogBetween(300, 2500), random.LogBetween(0.0008, 0.004), 1.6 * Math.Pow(random.NextDouble(), 3), random);
    }

    /// <summary>Noise through a resonance that wanders with the strength of the gusts.</summary>
    public static void Wind(Span<float> y, int rate, SeededRandom random)
    {
        double centre = random.LogBetween(220, 1100), depth = random.Between(0.3, 1), howl = random.Between(0.1, 0.6);
        var gusts = new Dsp.Wander(random, random.Between(0.6, 2.5), rate);
        var flutter = new Dsp.Wander(random, random.Between(6, 14), rate);
        var noise = new Dsp.PinkNoise(random);
        var broad = new Dsp.Resonator(centre, centre, rate);
        var narrow = new Dsp.Resonator(2 * centre, 60, rate);
        double rustle = random.LogBetween(0.01, 0.2);
        for (int i = 0; i < y.Length; i++)
        {
            double strength = 0.55 + 0.35 * gusts.Next() + 0.1 * flutter.Next();
            if (i % 32 == 0)
            {
                double moved = centre * Math.Pow(2, depth * (strength - 0.5) * 2);
                broad.Tune(moved, moved * 0.9, rate);
                narrow.Tune(moved * 1.9, 30 + moved * 0.06, rate);
            }
            double air = noise.Next();
            y[i] += (float)(strength * strength * (broad.Next(air) + 2.5 * howl * narrow.Next(air) + rustle * random.Noise() * strength));
        }
    }

    /// <summary>A low roar with crackles: clicks of very different strength at random times, some in clusters.</summary>
    public static void Fire(Span<float> y, int rate, SeededRandom random)
    {
        double length = (double)y.Length / rate, density = random.LogBetween(8, 70);
        Hiss(y, rate, random.LogBetween(0.03, 0.3), random.LogBetween(400, 2500), random.LogBetween(40, 300), random);
        for (double at = 0; at < length; at += -Math.Log(1 - random.NextDouble()) / density)
        {
            double level = 2.5 * Math.Pow(random.NextDouble(), 2.5), frequency = random.LogBetween(900, 6500);
            int cluster = random.NextDouble() < 0.2 ? 2 + random.Below(4) : 1;
            for (int c = 0; c < cluster; c++)
                Dsp.AddHit(y, rate, at + c * random.Between(0.002, 0.012), frequency * random.LogBetween(0.8, 1.25), random.LogBetween(400, 3500), random.LogBetween(0.0005, 0.003), level, random);
        }
    }

    /// <summary>Noise between two corner frequencies whose loudness wanders a little.</summary>
    private static void Hiss(Span<float> y, int rate, double level, double highest, double lowest, SeededRandom random)
    {
        var top = new Dsp.LowPass(highest, rate);
        var bottom = new Dsp.LowPass(lowest, rate);
        var drift = new Dsp.Wander(random, random.Between(1, 5), rate);
        double depth = random.Between(0.05, 0.4);
        for (int i = 0; i < y.Length; i++)
        {
            double band = top.Next(random.Noise());
            y[i] += (float)(level * (1 + depth * drift.Next()) * (band - bottom.Next(band)));
        }
    }

    /// <summary>A phrase of whistled syllables with gliding pitch, repeated; each syllable an arch, a rise, a fall or a trill.</summary>
    public static void Birds(Span<float> y, int rate, SeededRandom random)
    {
        double length = (double)y.Length / rate, centre = random.LogBetween(1800, 5200);
        int syllables = 1 + random.Below(4);
        var phrase = new (double From, double To, double Length, double Gap, double Trill)[syllables];
        for (int s = 0; s < syllables; s++)
        {
            phrase[s] = (centre * random.LogBetween(0.6, 1.6), centre * random.LogBetween(0.6, 1.6), random.LogBetween(0.035, 0.22), random.LogBetween(0.02, 0.12),
                random.NextDouble() < 0.35 ? random.Between(18, 50) : 0);
        }
        double overtone = random.LogBetween(0.02, 0.25);
        for (double at = random.Between(0.02, 0.35); at < length - 0.05; at += random.LogBetween(0.08, 0.6))
        {
            double shift = random.LogBetween(0.95, 1.05), level = random.Between(0.4, 1);
            foreach (var (from, to, span, gap, trill) in phrase)
            {
                int start = (int)(at * rate), count = Math.Min((int)(span * rate), y.Length - start);
                double phase = 0;
                for (int i = 0; i < count; i++)
                {
                    double t = (double)i / rate, part = t / span;
                    double frequency = shift * from * Math.Pow(to / from, part) * (trill > 0 ? 1 + 0.06 * Math.Sin(2 * Math.PI * trill * t) : 1);
                    phase += 2 * Math.PI * Math.Min(frequency, 0.42 * rate) / rate;
                    y[start + i] += (float)(level * Math.Sin(Math.PI * part) * (Math.Sin(phase) + (frequency < 0.2 * rate ? overtone * Math.Sin(2 * phase) : 0)));
                }
                at += span + gap;
            }
        }
    }

    /// <summary>Crickets: a narrow carrier in pulses of some tens a second, grouped into chirps or going on as a trill; one to three animals.</summary>
    public static void Cricket(Span<float> y, int rate, SeededRandom random)
    {
        int animals = 1 + random.Below(3);
        for (int a = 0; a < animals; a++)
        {
            double carrier = random.LogBetween(2600, 5600), pulses = random.LogBetween(22, 70), level = a == 0 ? 1 : random.Between(0.1, 0.6);
            double chirps = random.NextDouble() < 0.25 ? 0 : random.LogBetween(1.5, 6), share = random.Between(0.3, 0.6), offset = random.NextDouble(), phase = 0;
            var jitter = new Dsp.Wander(random, 3, rate);
            for (int i = 0; i < y.Length; i++)
            {
                double t = (double)i / rate, wander = jitter.Next();
                phase += 2 * Math.PI * carrier * (1 + 0.004 * wander) / rate;
                double beat = chirps == 0 ? 0.5 : (t * chirps + offset + 0.05 * wander) % 1 / share;
                if (beat >= 1) continue;
                double pulse = Math.Max(0, Math.Sin(2 * Math.PI * pulses * t));
                y[i] += (float)(level * (chirps == 0 ? 0.9 + 0.1 * wander : Math.Sin(Math.PI * beat)) * pulse * pulse * Math.Sin(phase));
            }
        }
    }

    public static void Drip(Span<float> y, int rate, SeededRandom random)
    {
        double length = (double)y.Length / rate, size = random.LogBetween(450, 1800);
        foreach (double at in Dsp.Rhythm(random.LogBetween(1, 5), random.Between(0.1, 0.9), length, random))
        {
            double frequency = size * random.LogBetween(0.75, 1.35), level = random.Between(0.4, 1);
            Dsp.AddHit(y, rate, at, random.LogBetween(2000, 6000), 2500, 0.002, 0.3 * level, random);
            Bubble(y[Math.Min((int)((at + random.Between(0.005, 0.02)) * rate), y.Length)..], rate, frequency, random.LogBetween(0.02, 0.12), random.Between(0.5, 6), level);
        }
    }

    /// <summary>A bubble under water (Minnaert 1933): a decaying sine whose pitch rises as the bubble nears the surface (van den Doel 2005).</summary>
    /// <param name="y">Receives the sound, added.</param>
    /// <param name="rate">Sample rate, Hz.</param>
    /// <param name="frequency">Pitch at the begin, Hz.</param>
    /// <param name="decay">Seconds until the amplitude has fallen to 1/e.</param>
    /// <param name="rise">Growth of the pitch a second, relative to its begin.</param>
    /// <param name="level">Amplitude.</param>
    public static void Bubble(Span<float> y, int rate, double frequency, double decay, double rise, double level)
    {
        double phase = 0;
        int count = Math.Min(y.Length, (int)(7 * decay * rate));
        for (int i = 0; i < count; i++)
        {
            double t = (double)i / rate;
            phase += 2 * Math.PI * Math.Min(frequency * (1 + rise * t), 0.42 * rate) / rate;
            y[i] += (float)(level * Math.Min(1, t / 0.001) * Math.Exp(-t / decay) * Math.Sin(phase));
        }
    }
}
