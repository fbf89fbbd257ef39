using System.Text.RegularExpressions;
using SimSearch.Audio;
using SimSearch.Charts;
using SimSearch.Datasets;
using SimSearch.Embedding;
using SimSearch.Evaluation;
using SimSearch.Indexing;

namespace SimSearch.Tests;

public sealed class SearchReportTests : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("simsearch-report").FullName;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Fact]
    public void The_same_report_has_the_same_bytes() => Assert.Equal(Page(Report(classes: 3, each: 3)), Page(Report(classes: 3, each: 3)));

    [Fact]
    public void Every_section_begins_with_what_is_seen_and_charts_name_their_axes()
    {
        string page = Page(Report(classes: 3, each: 3));
        Assert.Equal(8, Regex.Count(page, "<section id="));
        Assert.Equal(8, Regex.Count(page, "<section id=\"[a-z]+\"><h2>[^<]+</h2><p>[^<]{40,}</p>"));
        foreach (string axis in (string[])["Time (s)", "Amplitude (full scale)", "Frequency, mel scale (Hz)", "Level (dB)", "Recall (share of the relevant items found)", "Precision (share of the hits relevant)", "Items (count)"])
            Assert.Contains($">{axis}</text>", page);
        Assert.Matches("First principal component \\([0-9.]+ % of the variance\\)</text>", page);
    }

    [Fact]
    public void Ready_made_vectors_have_a_report_without_sounds()
    {
        string page = Page(Report(classes: 2, each: 3) with { Dataset = null });
        Assert.DoesNotContain("<audio", page);
        Assert.DoesNotContain("id=\"sounds\"", page);
        Assert.Contains("id=\"listen\"", page);
        Assert.Contains("c0/0.wav", page);
    }

    [Fact]
    public void A_sound_that_is_gone_or_broken_is_named_with_the_reason()
    {
        var report = Report(classes: 2, each: 3);
        File.Delete(Path.Combine(folder, "c0", "0.wav"));
        File.WriteAllText(Path.Combine(folder, "c1", "0.wav"), "not a sound");
        string page = Page(report);
        Assert.Equal(2, Regex.Matches(page, "Not playable: [^<]*([01]/0\\.wav)").Select(m => m.Groups[1].Value).Distinct().Count());
        Assert.Contains("<audio", page);
    }

    [Fact]
    public void Sounds_stay_within_their_limit_and_say_how_much_was_cut()
    {
        string page = Page(Report(classes: 4, each: 4, seconds: 2) with { SoundBytes = 2_000_000 });
        int bytes = Regex.Matches(page, "src=\"data:audio/wav;base64,([^\"]*)\"").Sum(m => m.Groups[1].Length);
        Assert.InRange(bytes, 1_500_000, 2_100_000);
        Assert.Contains(" s of 2.0 s", page);
    }

    [Fact]
    public void A_sound_in_the_page_is_a_wave_file_that_ends_softly()
    {
        string page = Page(Report(classes: 1, each: 2, seconds: 5));
        byte[] wave = Convert.FromBase64String(Regex.Match(page, "src=\"data:audio/wav;base64,([^\"]*)\"").Groups[1].Value);
        var signal = AudioFile.Load(wave);
        Assert.Equal(16_000, signal.SampleRate);
        Assert.Equal(3, signal.Duration, 3);
        Assert.True(Math.Abs(signal.Samples[^1]) < 0.001);
        Assert.True(signal.Samples.Max() > 0.3);
    }

    [Fact]
    public void Queries_run_from_the_best_to_the_worst_and_each_is_shown_once()
    {
        var report = Report(classes: 6, each: 6);
        int[] chosen = [.. QuerySection.Choose(report)];
        Assert.Equal(12, chosen.Length);
        Assert.Equal(chosen.Length, chosen.Distinct().Count());
        double[] quality = [.. chosen.Select(q => report.Figures.AveragePrecisions[q])];
        Assert.Equal(quality.OrderDescending(), quality);
        Assert.True(chosen.Select(q => report.Figures.QueryItems[q].Label).Distinct().Count() >= 5);
    }

    [Fact]
    public void Wrong_hits_are_marked_in_words_and_as_often_as_they_are()
    {
        var report = Report(classes: 3, each: 3);
        var chosen = QuerySection.Choose(report);
        int wrong = chosen.Sum(q => report.Figures.Neighbours.Hits(q).Take(report.Hits).Count(h => !report.Figures.IsRelevant(q, h)));
        Assert.True(wrong > 0);
        Assert.Equal(wrong, Regex.Count(Page(report), "<li class=\"ss-is-wrong\"><span class=\"ss-verdict\">✗ [0-9]+\\. wrong"));
    }

    [Fact]
    public void The_curve_and_its_intervals_belong_together()
    {
        var figures = Report(classes: 4, each: 4).Figures;
        Assert.Equal(figures.PrecisionRecall.Count, figures.PrecisionRecallIntervals.Count);
        for (int i = 0; i < figures.PrecisionRecall.Count; i++)
        {
            Assert.Equal(figures.PrecisionRecall[i].Precision, figures.PrecisionRecallIntervals[i].Value, 12);
            Assert.InRange(figures.PrecisionRecall[i].Precision, figures.PrecisionRecallIntervals[i].Low, figures.PrecisionRecallIntervals[i].High);
        }
        Assert.Contains(figures.PrecisionRecallIntervals, e => e.High - e.Low > 0.01);
    }

    [Fact]
    public void Numbers_out_of_range_are_refused()
    {
        var report = Report(classes: 2, each: 2);
        Assert.Throws<ArgumentOutOfRangeException>(() => (report with { Hits = 0 }).ToPage());
        Assert.Throws<ArgumentOutOfRangeException>(() => (report with { Queries = -1 }).ToPage());
        Assert.Contains("SoundSeconds=0", Assert.Throws<ArgumentOutOfRangeException>(() => (report with { SoundSeconds = 0 }).ToPage()).Message);
        Assert.DoesNotContain("id=\"listen\"", Page(report with { Queries = 0 }));
    }

    [Fact]
    public void The_map_tells_how_far_to_trust_it_and_its_points_play()
    {
        var report = Report(classes: 3, each: 4);
        string page = Page(report);
        Assert.Contains(FormattableString.Invariant($"trustworthiness {report.Projection!.Trustworthiness:0.000}, continuity {report.Projection.Continuity:0.000}"), page);
        Assert.Equal(12, Regex.Count(page, "<a href=\"#ss-p"));
        Assert.DoesNotContain("<a href=\"#ss-p", Page(report with { Dataset = null }));
        Assert.DoesNotContain("id=\"map\"", Page(report with { Projection = null }));
    }

    private static string Page(SearchReport report) => report.ToPage().ToString();

    /// <summary>Tones of a few frequencies, on disk, with vectors that are right for most items and wrong for some.</summary>
    private SearchReport Report(int classes, int each, double seconds = 0.6)
    {
        var items = new List<Item>();
        var vectors = new List<float>();
        for (int c = 0; c < classes; c++)
            for (int i = 0; i < each; i++)
            {
                string path = Path.Combine(folder, $"c{c}", $"{i}.wav");
                if (!File.Exists(path)) WavWriter.Write(path, new AudioSignal([.. Enumerable.Range(0, (int)(seconds * 16000)).Select(t => 0.5f * MathF.Sin(t * 0.03f * (c + 1) + i))], 16000));
                items.Add(new Item { Id = $"c{c}/{i}.wav", Source = $"c{c}/{i}.wav", Labels = [$"class {c}"], Group = $"g{i % 2}" });
                double angle = (i == 0 ? c + 1.1 : c) + 0.1 * i;
                vectors.AddRange([(float)Math.Cos(angle), (float)Math.Sin(angle), 0.1f * i]);
            }
        var data = new Dataset("tones", folder, items);
        using var embeddings = new Embeddings(VectorMatrix.FromArray([.. vectors], 3), items, "angles", Embeddings.UnknownFingerprint(3), folder);
        return new SearchReport
        {
            Title = "Tones", Dataset = data, Figures = RetrievalEvaluator.Evaluate(embeddings, null, Metric.Cosine, new EvaluationOptions { Ks = [1, 5], BootstrapSamples = 50 }), Plotly = null,
            Projection = items.Count < 3 ? null : Projection.Pca(embeddings),
        };
    }
}
