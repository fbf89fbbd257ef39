using System.Text.RegularExpressions;
using SimSearch.Charts;
using SimSearch.Datasets;
using SimSearch.Embedding;
using SimSearch.Evaluation;
using SimSearch.Images;
using SimSearch.Indexing;
using SimSearch.Tests.Images;

namespace SimSearch.Tests;

/// <summary>Images in notebooks, reports and maps: they are seen, fit into the room there is, and nothing speaks of sounds.</summary>
public sealed partial class ImagePageTests : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("simsearch-image-pages-").FullName;

    public ImagePageTests() => ImageFileTests.RequireVips();

    public void Dispose() => Directory.Delete(folder, recursive: true);

    private (Dataset Dataset, Embeddings Embeddings) Noise(int classes, int each, int side = 96)
    {
        var random = new Random(5);
        for (int c = 0; c < classes; c++)
            for (int i = 0; i < each; i++)
            {
                string path = Path.Combine(folder, $"class-{c:D2}", $"{i}.jpg");
                Directory.CreateDirectory(Path.GetDirectoryName(path)!);
                var pixels = new byte[side * side * 3];
                random.NextBytes(pixels); // noise is what JPEG makes least small
                File.WriteAllBytes(path, ImageFile.ToJpeg(new ImageTensor(pixels, side, side), 95));
            }
        var dataset = Dataset.FromFolder(folder, Dataset.IsImageFile, "noise");
        return (dataset, DatasetEmbedding.Embed(dataset, ImageEmbedders.Create("colour-stats")));
    }

    private static string Html(object value)
    {
        var attribute = value.GetType().GetCustomAttributesData().First(a => a.AttributeType.Name == "TypeFormatterSourceAttribute");
        dynamic source = Activator.CreateInstance((Type)attribute.ConstructorArguments[0].Value!)!;
        var writer = new StringWriter();
        foreach (object formatter in (IEnumerable<object>)source.CreateTypeFormatters())
            if ((string)formatter.GetType().GetProperty("MimeType")!.GetValue(formatter)! == "text/html") formatter.GetType().GetMethod("Format")!.Invoke(formatter, [value, writer]);
        return writer.ToString();
    }

    [Fact]
    public void Notebooks_show_the_images_of_data_sets_results_and_maps()
    {
        var (dataset, embeddings) = Noise(4, 3);
        using (embeddings)
        using (var index = VectorIndex.Build(embeddings, "Flat", Metric.Cosine))
        {
            Assert.Equal(4, Pictures(Html(dataset)));
            string hits = Html(index.SearchById([dataset.Items[0].Id], 3));
            Assert.Equal(4, Pictures(hits)); // the query and its three hits
            Assert.DoesNotContain("Seconds", hits);
            Assert.Equal(12, Pictures(Html(Projection.Pca(embeddings))));
            Assert.Equal(1, Pictures(Html(ImageFile.Load(dataset.PathOf(dataset.Items[0])))));
            foreach (object value in (object[])[dataset, index, embeddings, Projection.Pca(embeddings)]) Assert.DoesNotMatch("(?i)sound|<audio", Html(value));
        }
    }

    [Fact]
    public void Names_of_folders_and_files_are_words_and_never_markup()
    {
        string[] labels = ["<script>document.title=1<", "\" onerror=\"document.title=1", "'><img src=x onerror=1>"];
        foreach (string label in labels)
        {
            Directory.CreateDirectory(Path.Combine(folder, label));
            for (int i = 0; i < 3; i++) File.WriteAllBytes(Path.Combine(folder, label, $"{i}\" onload=\"1.jpg"), ImageFile.ToJpeg(ImageResizerTests.Pattern(20 + i, 30)));
        }
        var dataset = Dataset.FromFolder(folder, Dataset.IsImageFile, "<script>");
        using var embeddings = DatasetEmbedding.Embed(dataset, ImageEmbedders.Create("colour-stats"));
        using var index = VectorIndex.Build(embeddings, "Flat", Metric.Cosine);
        var report = new SearchReport { Title = "<script>", Figures = RetrievalEvaluator.Evaluate(index), Dataset = dataset, Projection = Projection.Pca(embeddings), Plotly = null };
        foreach (string page in (string[])[Html(dataset), Html(embeddings), Html(Projection.Pca(embeddings)), Html(index.SearchById([dataset.Items[0].Id], 3)), report.ToPage().ToString()])
        {
            Assert.NotEqual(0, Pictures(page));
            Assert.DoesNotContain("<script>document", page);
            Assert.DoesNotContain("\" onerror", page);
            Assert.DoesNotContain("\" onload", page);
            Assert.DoesNotContain("<img src=x", page);
        }
    }

    [Fact]
    public void Many_large_images_are_made_small_until_they_fit()
    {
        var (dataset, embeddings) = Noise(20, 1, side: 600);
        using (embeddings)
        using (var index = VectorIndex.Build(embeddings, "Flat", Metric.Cosine))
        {
            string table = Html(dataset);
            Assert.Equal(16, Pictures(table));
            Assert.InRange(table.Length, 30_000, 300_000);
            Assert.InRange(Html(index.Search(embeddings, 10)).Length, 10_000, 300_000);
            Assert.InRange(Html(ImageFile.Load(dataset.PathOf(dataset.Items[0]))).Length, 10_000, 300_000);
        }
    }

    [Fact]
    public void A_report_shows_classes_queries_and_a_map_of_images_within_its_room()
    {
        var (dataset, embeddings) = Noise(4, 4);
        using (embeddings)
        using (var index = VectorIndex.Build(embeddings, "Flat", Metric.Cosine))
        {
            var report = new SearchReport { Title = "Noise", Figures = RetrievalEvaluator.Evaluate(index), Dataset = dataset, Projection = Projection.Pca(embeddings), Plotly = null };
            string page = report.ToPage().ToString();
            Assert.Contains("What the classes look like", page);
            Assert.Contains("Queries to look at", page);
            Assert.DoesNotMatch("(?i)listen to|<audio|playable|spectrogram of", page);
            Assert.True(Pictures(page) > 4 + 12 * 5, $"only {Pictures(page)} pictures");
            string small = (report with { SoundBytes = 200_000 }).ToPage().ToString();
            Assert.InRange(Base64().Matches(small).Sum(m => m.Length), 10_000, 220_000);

            File.WriteAllText(dataset.PathOf(dataset.Items[0]), "no image any more");
            Assert.Contains("Not to be seen: ", report.ToPage().ToString());
        }
    }

    private static int Pictures(string html) => Base64().Matches(html).Count;

    [GeneratedRegex("src=\"data:image/jpeg;base64,[A-Za-z0-9+/=]+\"")]
    private static partial Regex Base64();
}
