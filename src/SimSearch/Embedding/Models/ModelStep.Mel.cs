using System.Numerics.Tensors;
using SimSearch.Audio;

namespace SimSearch.Embedding;

/// <summary>Samples to a mel spectrogram, [windows x frames x bands], not yet logarithmic; every window by itself.</summary>
public sealed record MelStep : ModelStep
{
    /// <summary>Frames, transform and bands; its sample rate must be the manifest's.</summary>
    public required MelOptions Mel { get; init; }

    /// <summary>
    /// Whether every band's weights are divided by their sum, so that a band's value is a mean; a band too narrow to hold a bin takes the bin nearest to its centre.
    /// Needs the norm none.
    /// </summary>
    public bool UnitSum { get; init; }

    internal override void Check(ModelManifest manifest)
    {
        try { Mel.Check(); }
        catch (ArgumentException e) { throw new ModelException($"mel: {e.Message}", e); }
        Rule(Mel.Stft.SampleRate == manifest.SampleRate, $"mel: sample_rate={Mel.Stft.SampleRate} must be the model's, {manifest.SampleRate}");
        Rule((long)Mel.Bands * Mel.Stft.Bins <= 1 << 26, $"mel: bands={Mel.Bands} of fft_length={Mel.Stft.FftLength} are {(long)Mel.Bands * Mel.Stft.Bins} weights; at most {1 << 26} are allowed");
        Rule(!UnitSum || Mel.Norm == MelNorm.None, "mel: unit_sum needs norm none");
    }

    internal override Action<ModelBlock> Prepare(ModelNetworks networks)
    {
        var plan = new StftPlan(Mel.Stft);
        var (starts, weights) = Bank();
        var spectrum = new float[plan.Bins];
        return block =>
        {
            if (block.Columns != 1) throw new ModelException($"mel: needs samples, not {block.Shape}");
            int windows = block.Windows, samples = block.Rows;
            if (!Mel.Stft.Center && samples < (Mel.Stft.WindowFirst ? Mel.Stft.WinLength ?? Mel.Stft.FftLength : Mel.Stft.FftLength))
                throw new SimSearchException($"the clip has {samples} samples, fewer than one frame of the model; it is too short");
            int frames = plan.FrameCount(samples);
            var next = block.Replace(windows, frames, Mel.Bands, out var old);
            for (int at = 0; at < windows * frames; at++)
            {
                plan.Power(old.Slice(at / frames * samples, samples), at % frames, spectrum);
                if (Mel.Power == 1) TensorPrimitives.Sqrt(spectrum, spectrum);
                else if (Mel.Power != 2) TensorPrimitives.Pow(spectrum, (float)(Mel.Power / 2), spectrum);
                var row = next.Slice(at * Mel.Bands, Mel.Bands);
                for (int b = 0; b < row.Length; b++) row[b] = TensorPrimitives.Dot(spectrum.AsSpan(starts[b], weights[b].Length), weights[b]);
            }
        };
    }

    private (int[] Starts, float[][] Weights) Bank()
    {
        var bank = new MelFilterbank(Mel);
        float[] dense = bank.ToDense();
        var starts = new int[bank.Bands];
        var weights = new float[bank.Bands][];
        double low = MelFilterbank.ToMel(Mel.MinFrequency, Mel.Scale), high = MelFilterbank.ToMel(Mel.TopFrequency, Mel.Scale);
        for (int b = 0; b < bank.Bands; b++)
        {
            var row = dense.AsSpan(b * bank.Bins, bank.Bins);
            int first = row.IndexOfAnyExcept(0f), last = row.LastIndexOfAnyExcept(0f);
            if (first < 0)
            {
                double centre = MelFilterbank.ToHertz(low + (high - low) * (b + 1) / (bank.Bands + 1), Mel.Scale);
                starts[b] = Math.Clamp((int)Math.Round(centre * Mel.Stft.FftLength / Mel.Stft.SampleRate), 0, bank.Bins - 1);
                weights[b] = [UnitSum ? 1 : 0];
                continue;
            }
            starts[b] = first;
            weights[b] = row[first..(last + 1)].ToArray();
            if (!UnitSum) continue;
            double sum = 0;
            foreach (float weight in weights[b]) sum += weight;
            for (int i = 0; i < weights[b].Length; i++) weights[b][i] = (float)(weights[b][i] / sum);
        }
        return (starts, weights);
    }
}
