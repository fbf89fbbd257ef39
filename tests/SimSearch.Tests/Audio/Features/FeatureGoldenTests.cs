using System.Buffers.Binary;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Text.Json;
using SimSearch.Audio;
using SimSearch.Storage;
using SimSearch.Tests.Support;

namespace SimSearch.Tests;

/// <summary>Every array of the reference numbers, computed by us and compared within the tolerance that its manifest gives.</summary>
public sealed class FeatureGoldenTests(ITestOutputHelper output)
{
    [Fact]
    public void Every_reference_array_is_met_and_the_published_errors_are_true()
    {
        var manifest = JsonDocument.Parse(File.ReadAllText(SharedData.Golden("audio.json"))).RootElement;
        var failures = new List<string>();
        foreach (var signal in manifest.GetProperty("signals").EnumerateObject())
        {
            var clip = new Clip(signal.Name, signal.Value);
            foreach (var array in signal.Value.GetProperty("arrays").EnumerateObject())
            {
                float[] expected = Npy.Read<float>(SharedData.Golden(array.Value.GetProperty("file").GetString()!), out long[] shape);
                float[] actual = clip.Compute(array.Name, array.Value.GetProperty("params"));
                int bins = shape.Length == 1 ? 1 : (int)shape[0], frames = (int)shape[^1];
                if (actual.Length != expected.Length) { failures.Add($"{signal.Name}/{array.Name}: {actual.Length} values where {expected.Length} are expected"); continue; }
                var tol = array.Value.GetProperty("tolerance");
                double atol = tol.GetProperty("atol").GetDouble(), rtol = tol.GetProperty("rtol").GetDouble();
                double worst = 0, maxAbs = 0; int off = 0;
                for (int bin = 0; bin < bins; bin++)
                    for (int frame = 0; frame < frames; frame++)
                    {
                        double e = expected[bin * frames + frame], a = actual[frame * bins + bin];
                        double d = Math.Abs(a - e);
                        double u = d / (atol + rtol * Math.Abs(e));
                        if (double.IsNaN(u)) u = double.PositiveInfinity;
                        if (u > 1) off++;
                        worst = Math.Max(worst, u); maxAbs = Math.Max(maxAbs, d);
                    }
                output.WriteLine($"{signal.Name}/{array.Name} max {maxAbs:G3} used {worst:G3}");
                if (worst > 1) failures.Add($"{signal.Name}/{array.Name}: {off} of {expected.Length} values off, largest error {maxAbs:G4}, {worst:G4} times the tolerance");
            }
        }
        Assert.True(failures.Count == 0, string.Join('\n', failures));
    }

    private sealed class Clip
    {
        private readonly AudioSignal signal;
        private readonly StftOptions stft;
        public Clip(string name, JsonElement entry)
        {
            byte[] wav = File.ReadAllBytes(SharedData.Golden(entry.GetProperty("wav").GetString()!));
            var pcm = MemoryMarshal.Cast<byte, short>(wav.AsSpan(44));
            var samples = new float[pcm.Length];
            for (int i = 0; i < pcm.Length; i++) samples[i] = pcm[i] / 32768f;
            int rate = entry.GetProperty("sr").GetInt32();
            Assert.Equal(entry.GetProperty("samples").GetInt32(), samples.Length);
            signal = new(samples, rate);
            var p = entry.GetProperty("arrays").GetProperty("centroid").GetProperty("params");
            stft = new() { SampleRate = rate, FftLength = p.GetProperty("n_fft").GetInt32(), HopLength = p.GetProperty("hop_length").GetInt32() };
            var q = entry.GetProperty("arrays").GetProperty("logmel").GetProperty("params").GetProperty("mel");
            bands = q.GetProperty("n_mels").GetInt32();
        }
        private readonly int bands;
        private MelOptions Lm => new() { Stft = stft, Bands = bands };
        private FeatureMatrix Mfcc(int n, double lifter = 0) => AudioFeatures.Mfcc(signal, new() { Mel = Lm, Count = n, Lifter = lifter });
        public float[] Compute(string array, JsonElement p) => array switch
        {
            "stft_mag" => AudioFeatures.Magnitude(signal, stft).Values,
            "mel128_slaney" or "mel64_slaney" or "mel64_htk" or "mel40_htk_nonorm" => AudioFeatures.Mel(signal, new() { Stft = stft, Bands = p.GetProperty("n_mels").GetInt32(), Scale = p.GetProperty("htk").GetBoolean() ? MelScale.Htk : MelScale.Slaney, Norm = p.GetProperty("norm").ValueKind == JsonValueKind.Null ? MelNorm.None : MelNorm.Slaney }).Values,
            "logmel" => AudioFeatures.LogMel(signal, Lm).Values,
            "logmel_refmax" => AudioFeatures.LogMel(signal, Lm, new() { Reference = DbReference.PerClipMax }).Values,
            "logmel_notop" => AudioFeatures.LogMel(signal, Lm, new() { TopDb = null }).Values,
            "mfcc13" => Mfcc(13).Values,
            "mfcc20" => Mfcc(20).Values,
            "mfcc20_lifter22" => Mfcc(20, 22).Values,
            "mfcc40" => Mfcc(40).Values,
            "mfcc_delta" => AudioFeatures.Delta(Mfcc(20)).Values,
            "mfcc_delta2" => AudioFeatures.Delta(Mfcc(20), 2).Values,
            "mfcc_delta_stats" => Stats(Mfcc(20)),
            "chroma_tuning0" => AudioFeatures.Chroma(signal, null, stft).Values,
            "chroma_tuning_est" => AudioFeatures.Chroma(signal, new() { Tuning = p.GetProperty("tuning").GetDouble() }, stft).Values,
            "tonnetz" => AudioFeatures.Tonnetz(signal, null, stft).Values,
            "centroid" => AudioFeatures.Centroid(signal, stft).Values,
            "bandwidth" => AudioFeatures.Bandwidth(signal, stft).Values,
            "rolloff" => AudioFeatures.Rolloff(signal, stft).Values,
            "contrast" => AudioFeatures.Contrast(signal, new() { Bands = p.GetProperty("n_bands").GetInt32() }, stft).Values,
            "flatness" => AudioFeatures.Flatness(signal, stft).Values,
            "zcr" => AudioFeatures.ZeroCrossings(signal, stft).Values,
            "rms" => AudioFeatures.Rms(signal, stft).Values,
            "pcen" => AudioFeatures.Pcen(signal, null, Lm).Values,
            _ => throw new NotSupportedException(array),
        };
        private static float[] Stats(FeatureMatrix m)
        {
            var d = AudioFeatures.Delta(m);
            var r = new List<float>();
            foreach (var f in new[] { m, d })
            {
                var mean = Enumerable.Range(0, f.Bins).Select(b => Enumerable.Range(0, f.Frames).Average(t => (double)f.Frame(t)[b])).ToArray();
                r.AddRange(mean.Select(v => (float)v));
                r.AddRange(Enumerable.Range(0, f.Bins).Select(b => (float)Math.Sqrt(Enumerable.Range(0, f.Frames).Average(t => Math.Pow(f.Frame(t)[b] - mean[b], 2)))));
            }
            return [.. r];
        }
    }
}
