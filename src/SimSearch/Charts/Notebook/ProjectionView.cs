using SimSearch.Embedding;

namespace SimSearch.Charts;

/// <summary>A projection in a notebook: the map with its two figures, and a few points to listen to.</summary>
internal static class ProjectionView
{
    // Above this, points with names of their own would fill the whole output.
    private const int MostNamed = 900;

    public static Html Markup(Projection projection)
    {
        var (targets, players) = PlayablePoints.Of(projection, NotebookViews.SmallSounds, NotebookViews.MaxSounds);
        if (projection.Dimensions == 3) return Html.Join([ChartHtml.InNotebook(Chart.ProjectionViews(projection, targets: targets)), players]);
        var chart = Chart.Projection(projection, targets: targets);
        if (projection.Count > MostNamed) chart = chart.WithoutPointNames();
        return Html.Join([Html.Of($"<div class=\"ss-plot\">{Html.Trusted(chart.ToSvg())}</div><p class=\"ss-note\">{chart.Caption}</p>"), players]);
    }

    public static string Text(Projection projection) =>
        string.Join('\n', projection.Parameters.Select(p => $"  {p.Name}: {Html.Clean(p.Value)}").Prepend(projection.ToString()));
}
