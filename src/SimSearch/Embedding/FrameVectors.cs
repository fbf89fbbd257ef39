using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using SimSearch.Audio;
using SimSearch.Datasets;

namespace SimSearch.Embedding;

/// <summary>
/// Every frame of every sound as a vector of its own: thousands of vectors from a few sounds, for searching stretches of milliseconds and for trying out indexes. Frames that
/// follow each other share samples and are nearly equal, so search them from other sounds than those in the index.
/// </summary>
public static class FrameVectors
{
    private const string Name = "log-mel-frames";

    /// <summary>The mel spectra of frames, in decibels.</summary>
    /// <param name="dataset">The sounds.</param>
    /// <param name="options">Bands and frames; null takes 64 bands and otherwise librosa's defaults. Sounds are brought to its sample rate.</param>
    /// <param name="most">Most vectors, 1 or more: of more frames every second, third ... of the whole sequence is taken.</param>
    /// <param name="cancellation">Stops between two sounds.</param>
    /// <returns>
    /// [frames x bands], in dB relative to 1 and at most 80 below the sound's loudest value. The item of a frame is the stretch under its window, cut at the ends of the sound, with the sound's labels and
    /// group (or source, when it has no group); its id is the sound's with @ and the time of its middle in seconds.
    /// </returns>
    /// <exception cref="SimSearchException">The data set is empty, or a sound cannot be read or holds nothing; the message names it.</exception>
    public static Embeddings LogMel(Dataset dataset, MelOptions? options = null, int most = int.MaxValue, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(dataset);
        ArgumentOutOfRangeException.ThrowIfLessThan(most, 1);
        options ??= MelOptions.Librosa with { Bands = 64 };
        if (dataset.Count == 0) throw new SimSearchException($"data set '{dataset.Name}' has no items; there is nothing to embed");
        var features = new FeatureMatrix[dataset.Count];
        var lengths = new double[dataset.Count];
        Errors.Unwrapped(() => Parallel.For(0, dataset.Count, new ParallelOptions { CancellationToken = cancellation, MaxDegreeOfParallelism = Environment.ProcessorCount }, i =>
        {
            var item = dataset.Items[i];
            try
            {
                var signal = dataset.Load(item, new AudioLoadOptions { SampleRate = options.Stft.SampleRate }, cancellation);
                (features[i], lengths[i]) = (AudioFeatures.LogMel(signal, options), signal.Duration);
            }
            catch (Exception e) when (e is SimSearchException or IOException or UnauthorizedAccessException)
            {
                throw new SimSearchException($"{item.Id}: {e.Message}", e);
            }
        }));
        long frames = features.Sum(f => (long)f.Frames);
        int step = (int)Math.Max(1, (frames + most - 1) / most);
        var vectors = VectorMatrix.Allocate((frames + step - 1) / step, options.Bands);
        var items = new List<Item>((int)vectors.Rows);
        long frame = 0;
        for (int i = 0; i < features.Length; i++)
            for (int at = 0; at < features[i].Frames; at++, frame++)
            {
                if (frame % step != 0) continue;
                features[i].Frame(at).CopyTo(vectors.WritableRows(items.Count, 1));
                items.Add(FrameOf(dataset.Items[i], at, options.Stft, lengths[i]));
            }
        return new Embeddings(vectors, items, Name, Fingerprint(options), dataset.Root);
    }

    private static Item FrameOf(Item sound, int frame, StftOptions stft, double length)
    {
        double middle = ((double)frame * stft.HopLength + (stft.Center ? 0 : stft.FrameLength / 2.0)) / stft.SampleRate, half = stft.FrameLength / 2.0 / stft.SampleRate;
        double from = Math.Max(0, middle - half), to = Math.Min(length, middle + half);
        return sound with
        {
            Id = string.Create(CultureInfo.InvariantCulture, $"{sound.Id}@{sound.Start + middle:0.000}"),
            Group = sound.Group ?? sound.Source,
            Start = sound.Start + from,
            Duration = Math.Max(to - from, 0),
        };
    }

    private static string Fingerprint(MelOptions options) => Canonical.Hash(new JsonObject { ["name"] = Name, ["version"] = 1, ["options"] = JsonSerializer.SerializeToNode(options) });
}
