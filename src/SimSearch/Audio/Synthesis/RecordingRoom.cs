using SimSearch.Datasets;

namespace SimSearch.Audio;

/// <summary>
/// A place where a sound is recorded: reverberation by a feedback delay network of eight lines (Jot and Chaigne 1991), a microphone with its
/// own tilt and band, and a floor of coloured noise, with mains hum in some. What is recorded in one place has that in common, which is why a
/// place is a group that must not be split.
/// </summary>
/// <param name="Name">What the place is called in the table of items.</param>
/// <param name="Reverberation">Seconds until the sound has fallen by 60 dB.</param>
/// <param name="Size">Longest way of the sound between two walls, in metres.</param>
/// <param name="Wet">Amplitude of the reverberation relative to the direct sound.</param>
/// <param name="Damping">Corner in Hz above which the walls swallow more.</param>
/// <param name="Tilt">Gain of the microphone above 1 kHz relative to below, in dB.</param>
/// <param name="LowCut">Frequency in Hz below which the microphone hears less.</param>
/// <param name="HighCut">Frequency in Hz above which it does.</param>
/// <param name="Noise">Level of the noise floor in dB relative to the sound.</param>
/// <param name="NoiseColour">Corner in Hz of the low-passed noise.</param>
/// <param name="Hum">Level of mains hum in dB relative to the sound; negative infinity for none.</param>
internal sealed record RecordingRoom(
    string Name, double Reverberation, double Size, double Wet, double Damping, double Tilt, double LowCut, double HighCut, double Noise, double NoiseColour, double Hum)
{
    /// <summary>The places, one a fold.</summary>
    public static readonly RecordingRoom[] All =
    [
        new("studio", 0.12, 3, 0.10, 6000, 0, 30, 10500, -48, 9000, double.NegativeInfinity),
        new("living room", 0.40, 6, 0.25, 3500, -5, 70, 8000, -34, 1500, -46),
        new("workshop", 0.80, 12, 0.35, 4500, 4, 110, 9500, -28, 4000, -38),
        new("hall", 1.60, 24, 0.45, 2800, -2, 50, 7000, -38, 600, double.NegativeInfinity),
        new("bathroom", 0.60, 3.5, 0.5, 7500, 3, 90, 10000, -36, 2500, -52),
        new("telephone", 0.25, 5, 0.15, 3000, 2, 280, 3600, -32, 3400, double.NegativeInfinity),
    ];

    private static readonly double[] Ways = [1, 0.89, 0.78, 0.71, 0.63, 0.55, 0.47, 0.41];

    /// <summary>The sound as it is recorded here, in place of the sound itself. Position and distance differ from take to take.</summary>
    public void Record(Span<float> y, int rate, SeededRandom random)
    {
        double distance = random.LogBetween(0.6, 1.7);
        Reverberate(y, rate, Wet * distance, random);
        HearThroughMicrophone(y, rate, Tilt + random.Between(-1.5, 1.5));
        double power = 0;
        foreach (float sample in y) power += sample * sample;
        double level = Math.Sqrt(power / y.Length);
        AddFloor(y, rate, level * Math.Pow(10, (Noise + random.Between(-3, 3)) / 20), level * Math.Pow(10, (Hum + random.Between(-4, 4)) / 20), random);
    }

    private void Reverberate(Span<float> y, int rate, double wet, SeededRandom random)
    {
        const int Lines = 8;
        const double SpeedOfSound = 343;
        var lines = new double[Lines][];
        var at = new int[Lines];
        var gain = new double[Lines];
        var walls = new Dsp.LowPass[Lines];
        for (int l = 0; l < Lines; l++)
        {
            int delay = Math.Max((int)(Size * Ways[l] * random.Between(0.97, 1.03) / SpeedOfSound * rate), 16);
            lines[l] = new double[delay];
            gain[l] = Math.Pow(0.001, delay / (Reverberation * rate));
            walls[l] = new Dsp.LowPass(Damping, rate);
        }
        Span<double> heard = stackalloc double[Lines];
        for (int i = 0; i < y.Length; i++)
        {
            double sum = 0;
            for (int l = 0; l < Lines; l++) sum += heard[l] = walls[l].Next(lines[l][at[l]]) * gain[l];
            // Householder's matrix I - 2/N 1 1^T keeps the energy, so only the gains make the sound die.
            for (int l = 0; l < Lines; l++)
            {
                lines[l][at[l]] = y[i] + heard[l] - sum * 2 / Lines;
                if (++at[l] == lines[l].Length) at[l] = 0;
            }
            double echo = 0;
            for (int l = 0; l < Lines; l++) echo += (l & 1) == 0 ? heard[l] : -heard[l];
            y[i] += (float)(wet * echo);
        }
    }

    private void HearThroughMicrophone(Span<float> y, int rate, double tilt)
    {
        var crossover = new Dsp.LowPass(1000, rate);
        var low = new Dsp.LowPass(LowCut, rate);
        var low2 = new Dsp.LowPass(LowCut, rate);
        var high = new Dsp.LowPass(HighCut, rate);
        double gain = Math.Pow(10, tilt / 20);
        for (int i = 0; i < y.Length; i++)
        {
            double below = crossover.Next(y[i]), tilted = below + gain * (y[i] - below);
            double cut = tilted - low.Next(tilted);
            y[i] = (float)high.Next(cut - low2.Next(cut));
        }
    }

    private void AddFloor(Span<float> y, int rate, double noise, double hum, SeededRandom random)
    {
        var colour = new Dsp.LowPass(NoiseColour, rate);
        // White noise in [-1, 1) has the power 1/3; a one-pole low-pass keeps (1 - k) / (1 + k) of it.
        double keep = Math.Exp(-2 * Math.PI * NoiseColour / rate), gain = noise / Math.Sqrt((1 - keep) / (1 + keep) / 3);
        double phase = random.Between(0, 2 * Math.PI);
        for (int i = 0; i < y.Length; i++)
        {
            phase += 2 * Math.PI * 50 / rate;
            y[i] += (float)(gain * colour.Next(random.Noise()) + hum * (Math.Sin(phase) + 0.5 * Math.Sin(2 * phase) + 0.35 * Math.Sin(3 * phase)));
        }
    }
}
