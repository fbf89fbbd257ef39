using System.Runtime.InteropServices;
using System.Text.Json;
using SimSearch.Audio;
using SimSearch.Storage;
using SimSearch.Tests.Support;

namespace SimSearch.Tests;

/// <summary>One stored array of reference values: what it is, and how near we must come.</summary>
internal sealed record ReferenceArray(string Signal, string Name, string Function, JsonElement Parameters, JsonElement Entry)
{
    /// <summary>[frames x bins], turned from the file's [bins x frames].</summary>
    public float[] Expected()
    {
        float[] stored = Npy.Read<float>(SharedData.Golden(Entry.GetProperty("file").GetString()!), out long[] shape);
        int bins = shape.Length == 1 ? 1 : (int)shape[0], frames = (int)shape[^1];
        var turned = new float[stored.Length];
        for (int bin = 0; bin < bins; bin++)
            for (int frame = 0; frame < frames; frame++) turned[frame * bins + bin] = stored[bin * frames + frame];
        return turned;
    }

    public (double Relative, double Absolute) Tolerance(FftPrecision precision)
    {
        var tolerance = Entry.GetProperty(precision == FftPrecision.Double ? "tolerance" : "tolerance_float32_fft");
        return (tolerance.GetProperty("rtol").GetDouble(), tolerance.GetProperty("atol").GetDouble());
    }
}

/// <summary>The reference signals and the features that were stored for each of them.</summary>
internal sealed class FeatureReference
{
    private readonly AudioSignal signal;
    private readonly StftOptions stft;
    private readonly MelOptions mel;

    private FeatureReference(string name, JsonElement entry, FftPrecision precision)
    {
        // The files are 44 bytes of header and 16-bit samples; no reader of ours stands between them and the numbers.
        byte[] wav = File.ReadAllBytes(SharedData.Golden(entry.GetProperty("wav").GetString()!));
        short[] pcm = MemoryMarshal.Cast<byte, short>(wav.AsSpan(44)).ToArray();
        Assert.Equal(entry.GetProperty("samples").GetInt32(), pcm.Length);
        signal = new([.. pcm.Select(sample => sample / 32768f)], entry.GetProperty("sr").GetInt32());
        var arrays = entry.GetProperty("arrays");
        Arrays = [.. arrays.EnumerateObject().Select(a => new ReferenceArray(name, a.Name, a.Value.GetProperty("function").GetString()!, a.Value.GetProperty("params"), a.Value))];
        stft = StftOf(arrays.GetProperty("centroid").GetProperty("params")) with { SampleRate = signal.SampleRate, Precision = precision };
        mel = MelOf(arrays.GetProperty("logmel").GetProperty("params").GetProperty("mel"));
    }

    public IReadOnlyList<ReferenceArray> Arrays { get; }

    public static IEnumerable<FeatureReference> All(FftPrecision precision) =>
        JsonDocument.Parse(File.ReadAllText(SharedData.Golden("audio.json"))).RootElement.GetProperty("signals").EnumerateObject()
            .Select(entry => new FeatureReference(entry.Name, entry.Value, precision));

    /// <summary>Our values for an array, [frames x bins].</summary>
    public float[] Compute(ReferenceArray array) => array.Name switch
    {
        "stft_mag" => AudioFeatures.Magnitude(signal, stft).Values,
        "mel128_slaney" or "mel64_slaney" or "mel64_htk" or "mel40_htk_nonorm" => AudioFeatures.Mel(signal, MelOf(array.Parameters)).Values,
        "logmel" => AudioFeatures.LogMel(signal, mel).Values,
        "logmel_refmax" => AudioFeatures.LogMel(signal, mel, new() { Reference = DbReference.PerClipMax }).Values,
        "logmel_notop" => AudioFeatures.LogMel(signal, mel, new() { TopDb = null }).Values,
        "mfcc13" or "mfcc20" or "mfcc20_lifter22" or "mfcc40" => Mfcc(array.Parameters.GetProperty("n_mfcc").GetInt32(), array.Parameters.GetProperty("lifter").GetDouble()).Values,
        "mfcc_delta" or "mfcc_delta2" => AudioFeatures.Delta(Mfcc(20), array.Parameters.GetProperty("order").GetInt32(), array.Parameters.GetProperty("width").GetInt32()).Values,
        "mfcc_delta_stats" => [.. MeansAndDeviations(Mfcc(20)), .. MeansAndDeviations(AudioFeatures.Delta(Mfcc(20)))],
        "chroma_tuning0" or "chroma_tuning_est" => AudioFeatures.Chroma(signal, new() { Tuning = array.Parameters.GetProperty("tuning").GetDouble() }, stft).Values,
        "tonnetz" => AudioFeatures.Tonnetz(signal, null, stft).Values,
        "centroid" => AudioFeatures.Centroid(signal, stft).Values,
        "bandwidth" => AudioFeatures.Bandwidth(signal, stft).Values,
        "rolloff" => AudioFeatures.Rolloff(signal, stft, array.Parameters.GetProperty("roll_percent").GetDouble()).Values,
        "contrast" => AudioFeatures.Contrast(signal, null, stft).Values,
        "flatness" => AudioFeatures.Flatness(signal, stft).Values,
        "zcr" => AudioFeatures.ZeroCrossings(signal, stft).Values,
        "rms" => AudioFeatures.Rms(signal, stft).Values,
        "pcen" => AudioFeatures.Pcen(signal, null, mel).Values,
        _ => throw new NotSupportedException($"the reference holds an array '{array.Name}' that this test does not know"),
    };

    private FeatureMatrix Mfcc(int count, double lifter = 0) => AudioFeatures.Mfcc(signal, new() { Mel = mel, Count = count, Lifter = lifter });

    private StftOptions StftOf(JsonElement parameters)
    {
        Assert.Equal("hann", parameters.GetProperty("window").GetString());
        Assert.True(parameters.GetProperty("center").GetBoolean());
        return new() { FftLength = parameters.GetProperty("n_fft").GetInt32(), HopLength = parameters.GetProperty("hop_length").GetInt32() };
    }

    private MelOptions MelOf(JsonElement parameters) => new()
    {
        Stft = stft,
        Bands = parameters.GetProperty("n_mels").GetInt32(),
        MinFrequency = parameters.GetProperty("fmin").GetDouble(),
        MaxFrequency = parameters.GetProperty("fmax").GetDouble(),
        Scale = parameters.GetProperty("htk").GetBoolean() ? MelScale.Htk : MelScale.Slaney,
        Norm = parameters.GetProperty("norm").ValueKind == JsonValueKind.Null ? MelNorm.None : MelNorm.Slaney,
    };

    private static IEnumerable<float> MeansAndDeviations(FeatureMatrix feature)
    {
        var columns = Enumerable.Range(0, feature.Bins).Select(bin => Enumerable.Range(0, feature.Frames).Select(frame => (double)feature.Frame(frame)[bin]).ToArray()).ToArray();
        return columns.Select(c => (float)c.Average()).Concat(columns.Select(c => (float)Math.Sqrt(c.Average(v => (v - c.Average()) * (v - c.Average())))));
    }
}
