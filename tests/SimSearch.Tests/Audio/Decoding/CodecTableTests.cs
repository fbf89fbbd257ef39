using System.Diagnostics;
using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;
using SimSearch.Audio;
using SimSearch.Tests.Support;

namespace SimSearch.Tests;

/// <summary>
/// 230 odd, tagged and broken files against what ffmpeg makes of each. The whole outcome is committed as docs/codecs.md; with
/// SIMSEARCH_WRITE_DOCS=1 this test writes that page, otherwise it compares.
/// </summary>
public sealed class CodecTableTests
{
    private static readonly string Page = Path.Combine(SharedData.RepositoryRoot, "docs", "codecs.md");

    [Fact]
    public void Every_file_is_decoded_as_ffmpeg_does_or_refused_with_a_typed_error()
    {
        SharedData.SkipUnless(AudioFile.NativeLibrary is not null, "libsndfile is not installed");
        string folder = SharedData.Data("audio/codecs");
        var rows = Rows(Path.Combine(folder, "codecs.csv")).ToList();
        Assert.Equal(230, rows.Count);
        var outcomes = rows.Select(row => Outcome.Of(folder, row)).ToList();
        var unexplained = outcomes.Where(o => !o.Agrees && !CodecDifferences.Reasons.ContainsKey(o.Row.File)).ToList();
        Assert.True(unexplained.Count == 0, string.Join("\n", unexplained.Select(o => $"{o.Row.File}: ffmpeg {o.Reference}; here {o.Text}")));
        var stale = CodecDifferences.Reasons.Keys.Where(file => outcomes.All(o => o.Row.File != file || o.Agrees)).ToList();
        Assert.True(stale.Count == 0, $"these files agree and need no explanation any more: {string.Join(", ", stale)}");

        string page = Markdown(outcomes);
        if (Environment.GetEnvironmentVariable("SIMSEARCH_WRITE_DOCS") == "1") SimSearch.Storage.AtomicFile.WriteText(Page, page);
        else if (AudioFile.NativeLibrary == CodecDifferences.Library) Assert.Equal(File.ReadAllText(Page), page);
    }

    /// <summary>One line of codecs.csv.</summary>
    private sealed record Row(string File, long Bytes, string Codec, int Rate, int Channels, double? Duration, string Verdict);

    private sealed record Outcome(Row Row, AudioSignal? Signal, AudioFormatException? Error)
    {
        public string Reference => Row.Verdict.StartsWith("fail", StringComparison.Ordinal) ? "error" : $"{Row.Rate} Hz, {Row.Channels} ch, {Seconds(Row.Duration ?? 0)}";

        public string Text => Signal is null ? $"{Error!.Error}" : $"{Signal.SampleRate} Hz, {Signal.Channels} ch, {Seconds(Signal.Duration)}";

        /// <summary>Same verdict, and then the same rate, channels and length, within 1 ms (plus three MP3 frames for encoder delay and padding).</summary>
        public bool Agrees => Row.Verdict.StartsWith("fail", StringComparison.Ordinal)
            ? Signal is null
            : Signal is not null && Signal.SampleRate == Row.Rate && Signal.Channels == Row.Channels && Math.Abs(Signal.Duration - (Row.Duration ?? 0)) <= Tolerance;

        private double Tolerance => 0.001 + (Row.Codec == "mp3" ? 3 * 1152.0 / Row.Rate : 0);

        public static Outcome Of(string folder, Row row)
        {
            string path = Path.Combine(folder, row.File);
            var clock = Stopwatch.StartNew();
            long before = GC.GetAllocatedBytesForCurrentThread();
            AudioSignal? signal = null;
            AudioFormatException? error = null;
            try { signal = AudioFile.Load(path, new AudioLoadOptions { Channels = ChannelPolicy.PerChannel }); }
            catch (AudioFormatException e) { error = e; }
            long allocated = GC.GetAllocatedBytesForCurrentThread() - before, decoded = 4L * (signal?.Samples.Length ?? 0);
            Assert.True(allocated <= Math.Max(10 * row.Bytes, 3 * decoded) + (1 << 20), $"{row.File}: {allocated} bytes were allocated for a file of {row.Bytes} that holds {decoded}");
            Assert.True(clock.Elapsed < TimeSpan.FromSeconds(20), $"{row.File}: took {clock.Elapsed}");
            if (error is not null) Assert.Contains(path, error.Message);
            else Assert.All(signal!.Samples, s => Assert.True(float.IsFinite(s)));
            return new Outcome(row, signal, error);
        }

        private static string Seconds(double s) => s.ToString("F3", CultureInfo.InvariantCulture) + " s";
    }

    private static IEnumerable<Row> Rows(string path)
    {
        foreach (string line in File.ReadLines(path).Skip(1))
        {
            // file,bytes,codec,sample_fmt,sample_rate,channels,duration_s,raw_bits,ffmpeg; quotes stand only around whole fields
            string[] f = [.. Regex.Matches(line, "(?:^|,)(?:\"([^\"]*)\"|([^,]*))").Select(m => m.Groups[1].Value + m.Groups[2].Value)];
            Assert.Equal(9, f.Length);
            yield return new Row(f[0], long.Parse(f[1]), f[2], f[4] == "" ? 0 : int.Parse(f[4]), f[5] == "" ? 0 : int.Parse(f[5]),
                f[6] == "" ? null : double.Parse(f[6], CultureInfo.InvariantCulture), f[8]);
        }
    }

    private static string Markdown(List<Outcome> outcomes)
    {
        int decoded = outcomes.Count(o => o.Signal is not null), agree = outcomes.Count(o => o.Agrees);
        var text = new StringBuilder();
        text.AppendLine("# Sound files and what becomes of them").AppendLine();
        text.AppendLine($"{outcomes.Count} odd, tagged and broken files: {decoded} are decoded, {outcomes.Count - decoded} are refused with a typed error, none does anything else. {agree} agree with ffmpeg in verdict, sample rate, channels and length; each of the other {outcomes.Count - agree} is explained.");
        text.AppendLine($"Made with libsndfile {AudioFile.NativeLibrary!.Replace("libsndfile-", "")} by the test `CodecTableTests`, which checks every line again; `SIMSEARCH_WRITE_DOCS=1` writes this page anew.").AppendLine();
        text.AppendLine("| file | ffmpeg | SimSearch | agree |").AppendLine("| --- | --- | --- | --- |");
        foreach (var o in outcomes)
            text.AppendLine($"| {o.Row.File} | {o.Reference} | {o.Text} | {(o.Agrees ? "yes" : "no: " + CodecDifferences.Reasons[o.Row.File])} |");
        return text.ToString().ReplaceLineEndings("\n");
    }
}
