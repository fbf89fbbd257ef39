using SimSearch.Datasets;

namespace SimSearch.Audio;

/// <summary>Voice, steps and machines. Each method adds to the signal it is given.</summary>
internal static class HumanSounds
{
    // First four formants in Hz of a, e, i, o, u, of a grown man (after Peterson and Barney 1952); other sizes scale them.
    private static readonly double[][] Vowels =
    [
        [730, 1090, 2440, 3400], [530, 1840, 2480, 3500], [270, 2290, 3010, 3700], [570, 840, 2410, 3300], [300, 870, 2240, 3300],
    ];

    /// <summary>Speech-like babble: a glottal pulse train through four formants that move from vowel to vowel, in syllables, some begun by a hiss.</summary>
    public static void Voice(Span<float> y, int rate, SeededRandom random)
    {
        double length = (double)y.Length / rate, size = random.Between(0.92, 1.3), pitch = 105 * Math.Pow(size, 2.6) * random.LogBetween(0.85, 1.25);
        double perSecond = random.Between(2.2, 5.5), breath = random.LogBetween(0.005, 0.06), open = random.Between(0.4, 0.7);
        var intonation = new Dsp.Wander(random, 2.5, rate);
        var formants = new Dsp.Resonator[4];
        var hiss = new Dsp.Resonator(random.LogBetween(3500, 6500), 2000, rate);
        var soften = new Dsp.LowPass(random.LogBetween(1200, 3000), rate);
        double[] from = Vowels[random.Below(5)], to = Vowels[random.Below(5)];
        double syllable = random.NextDouble(), phase = 0;
        bool fricative = false;
        for (int i = 0; i < y.Length; i++)
        {
            syllable += perSecond / rate;
            if (syllable >= 1)
            {
                syllable -= 1;
                (from, to) = (to, Vowels[random.Below(5)]);
                fricative = random.NextDouble() < 0.3;
                perSecond = Math.Clamp(perSecond * random.LogBetween(0.8, 1.25), 1.8, 6.5);
            }
            double glide = Math.Clamp(syllable * 1.6 - 0.2, 0, 1), t = (double)i / rate;
            if (i % 64 == 0)
            {
                for (int f = 0; f < 4; f++) formants[f].Tune(size * (from[f] + (to[f] - from[f]) * glide), 60 + 35 * f, rate);
            }
            double bend = intonation.Next();
            phase = (phase + pitch * Math.Pow(2, 0.25 * bend) * (1.08 - 0.16 * t / length) / rate) % 1;
            // The derivative of Rosenberg's glottal pulse: a slow opening and a sharp closing.
            double u = phase / open, pulse = u < 1 ? 2 * u - 3 * u * u : 0;
            double source = soften.Next(pulse) + breath * random.Noise();
            double loudness = Dsp.Envelope(syllable, 1, 0.18, 0.25);
            double sound = 0, gain = 1;
            for (int f = 0; f < 4; f++, gain *= 0.62) sound += gain * formants[f].Next(source);
            double consonant = fricative && syllable < 0.22 ? 0.25 * Dsp.Envelope(syllable, 0.22, 0.05, 0.08) * hiss.Next(random.Noise()) : 0;
            y[i] += (float)(loudness * sound + consonant);
        }
    }

    /// <summary>Heel and toe on a floor that is hard, hollow or loose.</summary>
    public static void Footsteps(Span<float> y, int rate, SeededRandom random)
    {
        double length = (double)y.Length / rate, thump = random.LogBetween(70, 320), click = random.LogBetween(700, 2800), grit = random.Between(0, 0.5);
        foreach (double at in Dsp.Rhythm(random.LogBetween(1.3, 3.6), 0.15, length, random))
        {
            double level = random.Between(0.5, 1), toe = random.Between(0.06, 0.13);
            Dsp.AddHit(y, rate, at, thump * random.LogBetween(0.9, 1.1), random.LogBetween(40, 130), 0.012, level, random);
            Dsp.AddHit(y, rate, at, click * random.LogBetween(0.8, 1.25), 900, 0.004, 0.5 * level, random);
            Dsp.AddHit(y, rate, at + toe, thump * 1.5, 150, 0.01, 0.4 * level, random);
            Dsp.AddHit(y, rate, at + toe, click * 1.3, 1500, random.Between(0.006, 0.03), 0.3 * level, random);
            if (grit < 0.15) continue;
            for (double g = 0; g < 0.18; g += random.LogBetween(0.002, 0.012))
                Dsp.AddHit(y, rate, at + g, random.LogBetween(1800, 6500), 2500, 0.002, grit * level * (1 - g / 0.18) * random.NextDouble(), random);
        }
    }

    /// <summary>Alternating ticks: each the stop of an escapement, a pair of hits on a few stiff resonances, in a case.</summary>
    public static void Clock(Span<float> y, int rate, SeededRandom random)
    {
        double length = (double)y.Length / rate, high = random.LogBetween(1300, 5200), wood = random.LogBetween(250, 1300), difference = random.Between(0.75, 1.3);
        double ring = random.LogBetween(60, 600), caseLevel = random.Between(0.1, 0.9), drop = random.Between(0.006, 0.025);
        int n = 0;
        foreach (double at in Dsp.Rhythm(random.LogBetween(1.6, 6), 0.02, length, random))
        {
            double pitch = n++ % 2 == 0 ? 1 : difference, level = random.Between(0.8, 1);
            Dsp.AddHit(y, rate, at, high * pitch, ring, 0.0015, level, random);
            Dsp.AddHit(y, rate, at, high * pitch * 1.63, ring * 2, 0.001, 0.5 * level, random);
            Dsp.AddHit(y, rate, at, wood * pitch, 220, 0.003, caseLevel * level, random);
            Dsp.AddHit(y, rate, at + drop, high * pitch * 1.1, ring * 1.5, 0.001, 0.4 * level, random);
        }
    }

    /// <summary>A piston engine: one bang a firing with cylinders that differ, through the exhaust's resonances, with the noise of the intake.</summary>
    public static void Engine(Span<float> y, int rate, SeededRandom random)
    {
        int cylinders = 1 + random.Below(6);
        double firing = random.LogBetween(18, 130), rev = random.NextDouble() < 0.4 ? random.Between(0.3, 1.2) : random.Between(0, 0.08);
        var strength = new double[cylinders];
        for (int c = 0; c < cylinders; c++) strength[c] = random.Between(0.6, 1);
        var throttle = new Dsp.Wander(random, random.Between(0.4, 1.2), rate);
        var unevenness = new Dsp.Wander(random, 25, rate);
        var pipes = new Dsp.Resonator[4];
        for (int p = 0; p < pipes.Length; p++) pipes[p] = new Dsp.Resonator(random.LogBetween(55, 1600), random.LogBetween(40, 400), rate);
        double noise = random.LogBetween(0.02, 0.25), rattle = random.LogBetween(0.01, 0.2), position = 0;
        int cylinder = 0;
        for (int i = 0; i < y.Length; i++)
        {
            position += firing * Math.Pow(2, rev * throttle.Next()) * (1 + 0.03 * unevenness.Next()) / rate;
            if (position >= 1)
            {
                position -= 1;
                cylinder = (cylinder + 1) % cylinders;
            }
            double bang = strength[cylinder] * Math.Exp(-position * 9) * (1 - Math.Exp(-position * 60));
            double source = bang * (1 + rattle * 3 * random.Noise()) + noise * random.Noise() * (0.3 + bang);
            double sound = 0.25 * source;
            for (int p = 0; p < pipes.Length; p++) sound += pipes[p].Next(source);
            y[i] += (float)sound;
        }
    }
}
