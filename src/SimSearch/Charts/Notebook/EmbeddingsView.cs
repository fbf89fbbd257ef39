using SimSearch.Datasets;
using SimSearch.Embedding;

namespace SimSearch.Charts;

/// <summary>Embeddings in a notebook: what they are, and a small map of them with a few points to listen to.</summary>
internal static class EmbeddingsView
{
    // So many that classes are seen, so few that it takes no noticeable time however long the vectors are.
    private const int MostPoints = 300, FewestPoints = 3;

    public static Html Markup(Embeddings embeddings) => Html.Join([NotebookViews.Facts("Embeddings", Facts(embeddings)), Map(embeddings)]);

    public static string Text(Embeddings embeddings) => NotebookViews.TextFacts("Embeddings", Facts(embeddings));

    /// <summary>The two directions of largest variance, with the two figures that say how far to believe the picture.</summary>
    private static Html Map(Embeddings embeddings)
    {
        if (embeddings.Count < FewestPoints || embeddings.Dimension < 2) return Html.Empty;
        using var some = embeddings.Thinned(MostPoints);
        Projection projection;
        try { projection = Projection.Pca(some); }
        catch (SimSearchException e) { return Html.Of($"<p class=\"ss-note\">No map: {e.Message}</p>"); } // all vectors are equal, or one is not a number
        var (targets, players) = PlayablePoints.Of(projection, NotebookViews.SmallSounds, NotebookViews.MaxSounds);
        var chart = Chart.Projection(projection, targets: targets) with { Width = 560, Height = 440 };
        string which = some.Count < embeddings.Count ? $"The map shows {some.Count} of them, evenly chosen. " : "";
        return Html.Join([Html.Of($"<div class=\"ss-plot\">{Html.Trusted(chart.ToSvg())}</div><p class=\"ss-note\">{which}{chart.Caption}</p>"), players]);
    }

    private static List<(string, string)> Facts(Embeddings embeddings)
    {
        List<(string, string)> facts =
        [
            ("Vectors", FormattableString.Invariant($"{embeddings.Count:N0} of {embeddings.Dimension} dimensions, {NotebookViews.Size(embeddings.Count * embeddings.Dimension * 4)} as float32")),
            ("Classes", NotebookViews.ClassesOf(embeddings.Items)), ("Embedder", embeddings.EmbedderName), ("Fingerprint", NotebookViews.Short(embeddings.Fingerprint)),
        ];
        if (embeddings.Root is { } root) facts.Add(($"Folder of the {(embeddings.Items.All(i => i.IsImage) ? "images" : "sounds")}", NotebookViews.FolderName(root)));
        return facts;
    }
}
