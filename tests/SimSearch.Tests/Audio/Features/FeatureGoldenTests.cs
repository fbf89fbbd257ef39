using System.Collections.Concurrent;
using System.Globalization;
using System.Text;
using System.Text.Json;
using SimSearch.Audio;
using SimSearch.Storage;
using SimSearch.Tests.Support;

namespace SimSearch.Tests;

/// <summary>Every array of the reference numbers, computed by us and compared within the tolerance that its manifest gives; and the table of errors in docs/parity.md.</summary>
public sealed class FeatureGoldenTests
{
    /// <summary>The largest errors of one feature over all signals.</summary>
    private sealed record Errors(string Feature, string Function, int Signals, double Absolute, double Relative, double Used);

    /// <summary>The largest errors of one feature of one signal: in the feature's unit, relative, and as a share of the tolerance.</summary>
    private sealed record Comparison(string Signal, string Name, string Function, double Absolute, double Relative, double Used);

    [Theory]
    [InlineData(FftPrecision.Double)]
    [InlineData(FftPrecision.Single)]
    public void Every_reference_array_is_met(FftPrecision precision)
    {
        var failures = Compare(precision).Where(e => !(e.Used <= 1)).Select(e => $"{e.Signal}/{e.Name}: {e.Used:G4} times the tolerance, largest error {e.Absolute:G4}").ToArray();
        Assert.True(failures.Length == 0, string.Join('\n', failures));
    }

    [Fact]
    public void The_promised_limits_hold()
    {
        var errors = Compare(FftPrecision.Double);
        Assert.All(errors.Where(e => e.Name.StartsWith("mel", StringComparison.Ordinal)), e => Assert.True(e.Relative <= 1e-4, $"{e.Signal}/{e.Name}: relative error {e.Relative}"));
        Assert.All(errors.Where(e => e.Name.StartsWith("logmel", StringComparison.Ordinal)), e => Assert.True(e.Absolute <= 1e-3, $"{e.Signal}/{e.Name}: error {e.Absolute} dB"));
        Assert.All(errors.Where(e => e.Name.StartsWith("mfcc", StringComparison.Ordinal)), e => Assert.True(e.Absolute <= 1e-2, $"{e.Signal}/{e.Name}: error {e.Absolute}"));
    }

    [Fact]
    public void Every_reference_filterbank_and_window_is_met()
    {
        var manifest = JsonDocument.Parse(File.ReadAllText(SharedData.Golden("audio.json"))).RootElement;
        foreach (var bank in manifest.GetProperty("filterbanks").EnumerateObject())
        {
            var parameters = bank.Value.GetProperty("params");
            float[] expected = Npy.Read<float>(SharedData.Golden(bank.Value.GetProperty("file").GetString()!), out _);
            float[] actual = bank.Name switch
            {
                "hann2048_periodic" => [.. Windows.Create(WindowKind.Hann, 2048).Select(w => (float)w)],
                "chroma12" => new ChromaFilterbank(ChromaOptions.Librosa, StftOf(parameters)).ToDense(),
                _ => new MelFilterbank(new()
                {
                    Stft = StftOf(parameters),
                    Bands = parameters.GetProperty("n_mels").GetInt32(),
                    MinFrequency = parameters.GetProperty("fmin").GetDouble(),
                    Scale = parameters.GetProperty("htk").GetBoolean() ? MelScale.Htk : MelScale.Slaney,
                    Norm = parameters.GetProperty("norm").ValueKind == JsonValueKind.Null ? MelNorm.None : MelNorm.Slaney,
                }).ToDense(),
            };
            Assert.Equal(expected.Length, actual.Length);
            var tolerance = bank.Value.GetProperty("tolerance");
            double rtol = tolerance.GetProperty("rtol").GetDouble(), atol = tolerance.GetProperty("atol").GetDouble();
            for (int i = 0; i < expected.Length; i++)
                Assert.True(Math.Abs(actual[i] - expected[i]) <= atol + rtol * Math.Abs(expected[i]), $"{bank.Name}[{i}]: {actual[i]} instead of {expected[i]}");
        }
    }

    [Fact]
    public void The_published_errors_are_not_exceeded()
    {
        string path = Path.Combine(SharedData.RepositoryRoot, "docs", "parity.md");
        var features = ByFeature(FftPrecision.Double).Zip(ByFeature(FftPrecision.Single)).ToArray();
        if (Environment.GetEnvironmentVariable("SIMSEARCH_WRITE_DOCS") == "1") AtomicFile.WriteText(path, Page(features));
        var published = File.ReadLines(path).Where(line => line.StartsWith("| `", StringComparison.Ordinal))
            .Select(line => line.Split('|', StringSplitOptions.TrimEntries)).ToDictionary(cells => cells[1].Trim('`'));
        foreach (var (exact, single) in features)
        {
            Assert.True(published.TryGetValue(exact.Feature, out string[]? cells), $"docs/parity.md lacks {exact.Feature}; run this test with SIMSEARCH_WRITE_DOCS=1");
            NotAbove(exact.Feature, exact.Absolute, cells[4]);
            NotAbove(exact.Feature, single.Absolute, cells[7]);
        }
    }

    /// <summary>Another processor sums in another order: twice the published error, or a few units in the last place, pass.</summary>
    private static void NotAbove(string feature, double error, string published) =>
        Assert.True(error <= 2 * double.Parse(published, CultureInfo.InvariantCulture) + 1e-6, $"{feature}: error {error:G3} where docs/parity.md says {published}; run this test with SIMSEARCH_WRITE_DOCS=1 if that is meant");

    private static readonly ConcurrentDictionary<FftPrecision, Comparison[]> Compared = [];

    private static Comparison[] Compare(FftPrecision precision) => Compared.GetOrAdd(precision, p => [.. Comparisons(p)]);

    private static IEnumerable<Comparison> Comparisons(FftPrecision precision)
    {
        foreach (var reference in FeatureReference.All(precision))
            foreach (var array in reference.Arrays)
            {
                float[] expected = array.Expected(), actual = reference.Compute(array);
                Assert.Equal(expected.Length, actual.Length);
                var (rtol, atol) = array.Tolerance(precision);
                // Relative errors say something where the value is not next to nothing beside the largest of its array.
                double negligible = Math.Max(1e-9, expected.Max(Math.Abs) * 1e-6);
                var errors = expected.Zip(actual, (e, a) => (Value: Math.Abs((double)e), Error: double.IsNaN(a) ? double.PositiveInfinity : Math.Abs((double)a - e))).ToArray();
                yield return new(array.Signal, array.Name, array.Function, errors.Max(e => e.Error),
                    errors.Where(e => e.Value > negligible).Select(e => e.Error / e.Value).DefaultIfEmpty().Max(),
                    errors.Max(e => e.Error / (atol + rtol * e.Value)));
            }
    }

    private static IEnumerable<Errors> ByFeature(FftPrecision precision) => Compare(precision).GroupBy(e => e.Name)
        .Select(group => new Errors(group.Key, group.First().Function, group.Count(), group.Max(e => e.Absolute), group.Max(e => e.Relative), group.Max(e => e.Used)));

    private static string Page(IEnumerable<(Errors Exact, Errors Single)> features)
    {
        static string Number(double value) => value == 0 ? "0" : value.ToString("0.0e-00", CultureInfo.InvariantCulture);
        var page = new StringBuilder("""
            # How near librosa the features are

            Measured against values that librosa 0.11.0 computed in double precision and that were stored as float32: fifteen signals (sines, sweep, noise, impulses, AM/FM,
            silence, clipping, vowels, a tone that stops, 690 samples, three spoken digits at 8 kHz, a dog and rain at 44.1 kHz), n_fft 2048 and hop 512 (8 kHz: 512 and 128; 44.1 kHz: 2048 and 1024), centred on zeros, periodic Hann.
            The error is the largest over all values of all signals; the relative one leaves out values below a millionth of the largest of their array
            (and says little about decibels and derivatives, which pass through 0). *Share of tolerance* is the largest share of
            the reference's own tolerance that is used up; 1 would be the limit. A test measures all of it again and fails when an error grows; it writes this page with `SIMSEARCH_WRITE_DOCS=1`.

            `FftPrecision.Double` is the default. `Single` is about twice as fast in the transform and is held to the tolerance that the reference gives for single-precision transforms.

            | feature | librosa function | signals | largest error | largest relative error | share of tolerance | largest error, Single | share of tolerance, Single |
            |---|---|---|---|---|---|---|---|

            """);
        foreach (var (exact, single) in features)
            page.Append(CultureInfo.InvariantCulture, $"| `{exact.Feature}` | {exact.Function.Replace("|stft|", "abs(stft)", StringComparison.Ordinal)} | {exact.Signals} | {Number(exact.Absolute)} | {Number(exact.Relative)} | {exact.Used:0.000} | {Number(single.Absolute)} | {single.Used:0.000} |\n");
        return page.Append("""

            Units: `logmel*` and `contrast` dB, `centroid`, `bandwidth` and `rolloff` Hz, the others as they are. `mel*` is power; `mel40_htk_nonorm` has unit peaks, hence its large values.

            The presets `MfccOptions.Htk` and `MfccOptions.Kaldi` are *not* measured against those programs. They follow The HTK Book 3.4 (sections 5.2 to 5.6) and the conventions of Kaldi's feature
            extraction (FrameExtractionOptions, MelBanksOptions, MfccOptions, no dither, `--use-energy=false`), and tests hold them against a slow program written from the same descriptions.

            """).ToString();
    }

    private static StftOptions StftOf(JsonElement parameters) => new() { SampleRate = parameters.GetProperty("sr").GetInt32(), FftLength = parameters.GetProperty("n_fft").GetInt32() };
}
