using System.Text.RegularExpressions;
using System.Xml.Linq;
using SimSearch.Audio;
using SimSearch.Charts;
using SimSearch.Datasets;
using SimSearch.Embedding;
using SimSearch.Evaluation;
using SimSearch.Indexing;

namespace SimSearch.Tests;

/// <summary>The library's objects as a notebook sees them: through the attribute and the formatters it names.</summary>
public sealed partial class NotebookViewTests : IDisposable
{
    private const int LargestOutput = 300_000;
    private readonly string folder = Directory.CreateTempSubdirectory("simsearch-views").FullName;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Fact]
    public void Every_object_shows_itself_as_HTML_and_as_text()
    {
        var (dataset, embeddings) = Tones(3, 3);
        using (embeddings)
        using (var index = VectorIndex.Build(embeddings))
            foreach (object value in (object[])[Noise(16000, 1), dataset, embeddings, index, index.Search(embeddings, 3), RetrievalEvaluator.Evaluate(index)])
            {
                Assert.NotEmpty(Text(value));
                Assert.DoesNotContain("<", Text(value));
                Parsed(value);
            }
    }

    [Fact]
    public void Hostile_names_stay_text_in_every_object()
    {
        string hostile = string.Join(' ', SampleCharts.Hostile);
        string[] names = [.. SampleCharts.Hostile.Select((h, i) => $"{h}{i}")];
        Item[] items = [.. names.Select(name => new Item { Id = name, Source = "gone.wav", Labels = [name], Group = name }), new Item { Id = hostile, Source = "gone.wav", Labels = [names[0]], Group = "g" }];
        var vectors = VectorMatrix.FromArray([.. Enumerable.Range(0, items.Length * 2).Select(i => MathF.Sin(i) + 2)], 2);
        using var embeddings = new Embeddings(vectors, items, hostile, hostile, folder);
        using var index = VectorIndex.Build(embeddings);
        var result = index.Search(embeddings, 4);
        foreach (object value in (object[])[new Dataset(hostile, folder, items), embeddings, index, result, RetrievalEvaluator.Evaluate(index, null, new EvaluationOptions { BootstrapSamples = 10 })])
        {
            Parsed(value);
            Assert.DoesNotMatch(HiddenCharacters(), Text(value));
        }
    }

    [Fact]
    public void Embeddings_show_a_small_map_with_its_two_figures_and_points_that_play()
    {
        var (_, embeddings) = Tones(3, 4);
        using (embeddings)
        {
            var page = Parsed(embeddings);
            Assert.Equal(1, Charts(page));
            Assert.Matches("trustworthiness [01]\\.[0-9]{3}, continuity [01]\\.[0-9]{3}", Html(embeddings));
            Assert.Equal(12, page.Descendants().Count(e => e.Name.LocalName == "a" && ((string?)e.Attribute("href"))?.StartsWith("#ss-p", StringComparison.Ordinal) == true));
            Assert.Equal(12, page.Descendants("audio").Count());
        }
        // Long and many vectors stay small and quick; what has no directions says so.
        Item[] items = [.. Enumerable.Range(0, 5000).Select(i => new Item { Id = $"{i}", Source = "gone.wav", Labels = [$"l{i % 7}"] })];
        using var many = new Embeddings(VectorMatrix.FromArray([.. Enumerable.Range(0, 5000 * 64).Select(i => MathF.Sin(i * i % 1009))], 64), items, "e", "f", folder);
        Assert.Contains("The map shows 295 of them", Html(many)); // every 17th
        using var equal = new Embeddings(VectorMatrix.FromArray(new float[5000 * 4], 4), items, "e", "f", folder);
        Assert.Contains("No map: ", Html(equal));
        using var two = new Embeddings(VectorMatrix.FromArray([1, 2, 3, 4], 2), items[..2], "e", "f", folder);
        Assert.Equal(0, Charts(Parsed(two)));
    }

    [Fact]
    public void Texts_are_shown_in_place_of_seconds_and_players()
    {
        Item Row(int i, string text) => new() { Id = $"t#{i}", Source = "t.csv", Labels = ["l"], Metadata = new Dictionary<string, string> { [ItemText.Key] = text } };
        Item[] items = [Row(0, "where is <my>\n card?"), Row(1, new string('x', 5000))];
        using var embeddings = new Embeddings(VectorMatrix.FromArray([1, 0, 1, 1], 2), items, "e", "f", folder);
        using var index = VectorIndex.Build(embeddings);
        var found = index.Search(embeddings, 2);
        var page = Parsed(found);
        string[] words = [.. page.Descendants("q").Select(q => q.Value).Distinct()];
        Assert.Equal(["where is <my> card?", new string('x', 159) + "…"], words);
        Assert.DoesNotContain("Seconds", Html(found));
        Assert.Empty(page.Descendants("audio"));
        Assert.Contains("t#0 (l, right) where is <my> card?", Text(found));
        Assert.Contains("Query t#0: where is", Html(found));
    }

    [Fact]
    public void A_sound_has_a_player_a_waveform_and_a_spectrogram()
    {
        var output = Parsed(Noise(16000, 2, channels: 2));
        Assert.Single(output.Descendants("audio"));
        Assert.Equal(2, Charts(output));
        var played = Played(output).Single();
        Assert.Equal((16000, 1, 32000), (played.SampleRate, played.Channels, played.Frames));
        Assert.Equal("Sound of 2 s: 32000 frames, 16000 Hz, 2 channels, peak 0.5", Text(Noise(16000, 2, channels: 2)));
    }

    [Theory]
    [InlineData(44100, 1.0, 44100, 1.0)] // fits at its own rate
    [InlineData(44100, 90.0, 16000, 4.2)] // resampled and cut
    [InlineData(16000, 30.0, 16000, 4.2)]
    [InlineData(192000, 0.1, 16000, 0.1)] // no browser plays it at its rate
    public void A_player_holds_what_fits(int rate, double seconds, int playedRate, double playedSeconds)
    {
        var signal = Noise(rate, seconds);
        var played = Played(Parsed(signal)).Single();
        Assert.Equal(playedRate, played.SampleRate);
        Assert.Equal(playedSeconds, played.Duration, 0.1);
        if (playedSeconds < seconds - 0.1) Assert.Contains($"Plays: first {played.Duration:0.0} s of {seconds:0.0} s", Html(signal));
    }

    [Fact]
    public void Odd_signals_still_show_something()
    {
        Assert.Contains("Sound of 0 s", Html(new AudioSignal([], 44100)));
        Assert.Empty(Parsed(new AudioSignal([], 44100)).Descendants("audio"));
        Assert.Contains("too slow for a player", Html(new AudioSignal([0, 1, 0, -1, 0], 1)));
        Parsed(new AudioSignal([0.5f], 48000));
        var broken = Noise(16000, 1);
        (broken.Samples[0], broken.Samples[99], broken.Samples[5000]) = (float.NaN, float.PositiveInfinity, float.MaxValue);
        Assert.Single(Played(Parsed(broken)));
    }

    [Fact]
    public void Hits_are_marked_and_can_be_played()
    {
        var (_, embeddings) = Tones(3, 3);
        using (embeddings)
        using (var index = VectorIndex.Build(embeddings))
        {
            var result = index.SearchById(["c0/1.wav"], 5, new SearchOptions { ExcludeSelf = true });
            var output = Parsed(result);
            int right = result.Hits(0).Count(h => h.Item!.Label == "class 0");
            Assert.InRange(right, 1, 4);
            Assert.Equal(right, output.Descendants("span").Count(e => e.Value == "✓ right"));
            Assert.Equal(5 - right, output.Descendants("span").Count(e => e.Value == "✗ wrong"));
            Assert.Equal(6, Played(output).Count); // the query and its hits
            Assert.Equal(6, output.Descendants("img").Count());
            Assert.Contains($"{right} of 5 hits right", output.Value);
            Assert.Contains("(class 0, right)", Text(result));
        }
    }

    [Fact]
    public void Hits_whose_labels_or_sounds_are_unknown_have_neither_marks_nor_players()
    {
        var bare = new SearchResult([1, 0, 2, -1], [0.1f, 4f, 0.5f, 9f], 2, Metric.L2);
        var output = Parsed(bare);
        Assert.Empty(output.Descendants("audio"));
        Assert.DoesNotContain("✓", output.Value);
        Assert.Equal(3, output.Descendants("tbody").Sum(b => b.Elements("tr").Count()));
        var (_, embeddings) = Tones(2, 2);
        using (embeddings)
        using (var index = VectorIndex.Build(embeddings))
        {
            foreach (string file in Directory.GetFiles(folder, "*.wav", SearchOption.AllDirectories)) File.Delete(file);
            Assert.Empty(Parsed(index.Search(embeddings, 2)).Descendants("audio"));
        }
    }

    [Fact]
    public void Many_queries_and_sounds_stay_within_the_size_of_an_output_and_say_what_is_left_out()
    {
        var (dataset, embeddings) = Tones(30, 2, noise: true);
        using (embeddings)
        using (var index = VectorIndex.Build(embeddings))
        {
            var result = index.Search(embeddings, 20);
            Assert.Contains("The first 5 of 60 queries are shown. The first 10 of 20 hits are shown. The first 16 sounds can be played here.", Html(result));
            Assert.Equal(16, Played(Parsed(result)).Count);
            Assert.Equal(16, Played(Parsed(dataset)).Count);
            Parsed(RetrievalEvaluator.Evaluate(index, null, new EvaluationOptions { BootstrapSamples = 10 }));
            Assert.InRange(Text(result).Length, 100, 10_000);
        }
    }

    [Fact]
    public void Names_as_long_as_books_leave_words_of_bounded_length()
    {
        string book = string.Concat(Enumerable.Repeat("<b>&", 100_000));
        Item[] items = [new Item { Id = book, Source = "gone.wav", Labels = [book] }];
        using var embeddings = new Embeddings(VectorMatrix.FromArray([1, 2], 2), items, book, "f", folder);
        using var index = VectorIndex.Build(embeddings);
        foreach (object value in (object[])[new Dataset("books", folder, items), embeddings, index, index.Search(embeddings, 1)])
        {
            Assert.Contains("Too large", Parsed(value).Value);
            Assert.InRange(Text(value).Length, 100, 20_000);
        }
    }

    [Fact]
    public void A_data_set_counts_its_classes_and_groups()
    {
        var (dataset, embeddings) = Tones(3, 3);
        embeddings.Dispose();
        var output = Parsed(dataset);
        var rows = output.Descendants("tbody").Single().Elements("tr").ToArray();
        Assert.Equal(["class 0", "class 1", "class 2"], rows.Select(r => r.Element("th")!.Value));
        Assert.All(rows, r => Assert.Equal(["3", "2", "1"], r.Elements("td").Take(3).Select(d => d.Value)));
        Assert.Equal(3, Played(output).Count);
        Assert.Equal("tones: 9 items, 3 labels, 2 groups\n  class 0: 3\n  class 1: 3\n  class 2: 3", Text(dataset));
    }

    [Fact]
    public void A_report_shows_its_figures_warnings_and_pictures()
    {
        var (_, embeddings) = Tones(3, 3);
        using (embeddings)
        {
            var report = RetrievalEvaluator.Evaluate(embeddings, embeddings, Metric.Cosine, new EvaluationOptions { Ks = [1, 3], BootstrapSamples = 50 });
            Assert.NotEmpty(report.Warnings);
            var output = Parsed(report);
            Assert.All(report.Warnings, w => Assert.Contains(w, output.Value));
            Assert.Contains(report.Map.Value.ToString("0.000", System.Globalization.CultureInfo.InvariantCulture), output.Value);
            Assert.Equal(2, Charts(output));
            Assert.Matches(@"precision@1 +\d\.\d{3}  \(\d\.\d{3} to \d\.\d{3}\)", Text(report));
        }
    }

    [Fact]
    public void A_disposed_index_says_so()
    {
        var (_, embeddings) = Tones(2, 2);
        using (embeddings)
        {
            var index = VectorIndex.Build(embeddings);
            Assert.Contains("Flat: exact", Text(index));
            index.Dispose();
            Assert.Contains("disposed", Text(index));
            Parsed(index);
        }
    }

    private static string Html(object value) => Shown(value, "text/html");

    private static string Text(object value) => Shown(value, "text/plain");

    /// <summary>By reflection, as kernels do.</summary>
    private static string Shown(object value, string mimeType)
    {
        object attribute = value.GetType().GetCustomAttributes(false).Single(a => a.GetType().Name == "TypeFormatterSourceAttribute");
        var source = (Type)attribute.GetType().GetProperty("FormatterSourceType")!.GetValue(attribute)!;
        var formatters = (IEnumerable<object>)source.GetMethod("CreateTypeFormatters")!.Invoke(Activator.CreateInstance(source), null)!;
        object formatter = formatters.Single(f => (string)f.GetType().GetProperty("MimeType")!.GetValue(f)! == mimeType);
        var text = new StringWriter();
        var format = formatter.GetType().GetMethod("Format", [typeof(object), typeof(TextWriter)])!;
        Assert.False((bool)format.Invoke(formatter, ["another thing", text])!);
        Assert.True((bool)format.Invoke(formatter, [value, text])!);
        return text.ToString();
    }

    /// <summary>The HTML as a tree, after a look at its size and at what it may not hold. The two liberties of HTML that it takes are made XML first.</summary>
    private static XElement Parsed(object value)
    {
        string html = Html(value);
        Assert.InRange(html.Length, 50, LargestOutput);
        var root = XElement.Parse(Image().Replace(html.Replace("<audio controls ", "<audio controls=\"\" "), "<img$1/>"));
        Assert.Equal("ss-nb", (string?)root.Attribute("class"));
        foreach (var element in root.DescendantsAndSelf())
        {
            Assert.DoesNotContain(element.Name.LocalName, (string[])["script", "iframe", "object", "embed", "link"]);
            foreach (var attribute in element.Attributes())
            {
                Assert.False(attribute.Name.LocalName.StartsWith("on", StringComparison.OrdinalIgnoreCase), attribute.ToString());
                // A link leads to a player of the same output, and nowhere else.
                if (element.Name.LocalName == "a" && attribute.Name.LocalName == "href") Assert.Contains(root.Descendants("li"), li => $"#{(string?)li.Attribute("id")}" == attribute.Value);
                else if (attribute.Name.LocalName is "src" or "href") Assert.StartsWith("data:", attribute.Value);
            }
        }
        // A rule that reached beyond the output would change the notebook around it.
        string style = root.Elements("style").First().Value;
        Assert.All(Rule().Matches(style).SelectMany(m => m.Groups[1].Value.Split(',')), selector => Assert.StartsWith(".ss-nb", selector.Trim()));
        return root;
    }

    private static int Charts(XElement output) => output.Descendants().Count(e => e.Name.LocalName == "svg" && (string?)e.Attribute("class") == "ss-chart");

    private static List<AudioSignal> Played(XElement output) =>
        [.. output.Descendants("audio").Select(a => AudioFile.Load(Convert.FromBase64String(((string)a.Attribute("src")!)["data:audio/wav;base64,".Length..]), new AudioLoadOptions { SampleRate = null }))];

    private static AudioSignal Noise(int rate, double seconds, int channels = 1)
    {
        var random = new Random(1);
        float[] samples = [.. Enumerable.Range(0, (int)(rate * seconds) * channels).Select(_ => random.NextSingle() - 0.5f)];
        samples[^1] = 0.5f;
        return new AudioSignal(samples, rate, channels);
    }

    /// <summary>Tones of a few frequencies, on disk, with vectors that are right for most items and wrong for some.</summary>
    private (Dataset Dataset, Embeddings Embeddings) Tones(int classes, int each, bool noise = false)
    {
        var items = new List<Item>();
        var vectors = new List<float>();
        for (int c = 0; c < classes; c++)
            for (int i = 0; i < each; i++)
            {
                string path = Path.Combine(folder, $"c{c}", $"{i}.wav");
                WavWriter.Write(path, noise ? Noise(16000, 3) : new AudioSignal([.. Enumerable.Range(0, 6000).Select(t => 0.5f * MathF.Sin(t * 0.03f * (c + 1) + i))], 16000));
                items.Add(new Item { Id = $"c{c}/{i}.wav", Source = $"c{c}/{i}.wav", Labels = [$"class {c}"], Group = $"g{i % 2}" });
                double angle = (i == 0 ? c + 1.1 : c) + 0.1 * i;
                vectors.AddRange([(float)Math.Cos(angle), (float)Math.Sin(angle), 0.1f * i]);
            }
        return (new Dataset("tones", folder, items), new Embeddings(VectorMatrix.FromArray([.. vectors], 3), items, "angles", Embeddings.UnknownFingerprint(3), folder));
    }

    [GeneratedRegex("<img([^>]*)>")]
    private static partial Regex Image();

    [GeneratedRegex(@"([^{}]+)\{[^{}]*\}")]
    private static partial Regex Rule();

    [GeneratedRegex(@"[\u0000-\u0009\u000B-\u001F\u202A-\u202E\u2066-\u2069]")]
    private static partial Regex HiddenCharacters();
}
