using System.Globalization;
using System.Text;
using SimSearch.Evaluation;

namespace SimSearch.Charts;

/// <summary>The figures of an evaluation in a notebook: with intervals, warnings, the curve and the confusions.</summary>
internal static class FiguresView
{
    private const int MaxClasses = 25;

    public static Html Markup(RetrievalReport figures)
    {
        var confusion = figures.Confusion();
        Html worst = ClassSection.Worst(confusion);
        return Html.Join([
            Html.Of($"<p><strong>{figures.Queries} queries against {figures.Gallery} items</strong></p>"),
            QualitySection.Warnings(figures), QualitySection.Facts(figures),
            figures.AnnRecall is { } recall ? ReportHtml.Facts(figures.Ks.Select(k => ReportHtml.Fact($"ANN recall at {k}", recall[k]))) : Html.Empty,
            Html.Of($"<p class=\"ss-note\">{figures.Protocol.ToString()}. Below each figure stands its {QualitySection.Interval(figures)} interval.</p>"),
            Html.Of($"<div class=\"ss-pair\"><div>{Svg(QualitySection.Curve(figures) with { Width = 480, Height = 360 })}</div>{(confusion.Labels.Count <= MaxClasses ? Html.Of($"<div>{Svg(ClassSection.Picture(confusion) with { Width = 480 })}</div>") : Html.Empty)}</div>"),
            worst.IsEmpty ? Html.Of($"<p>No nearest neighbour that was found is of another class.</p>") : Html.Of($"<p>The most frequent confusions:</p><ul>{worst}</ul>")]);
    }

    public static string Text(RetrievalReport figures)
    {
        var text = new StringBuilder().Append(CultureInfo.InvariantCulture, $"{figures.Queries} queries against {figures.Gallery} items; {figures.Protocol}");
        foreach (string warning in figures.Warnings) text.Append("\nNote: ").Append(Html.Clean(warning));
        foreach (int k in figures.Ks) Line($"precision@{k}", figures.Precision[k]);
        foreach (int k in figures.Ks) Line($"recall@{k}", figures.Recall[k]);
        Line("MAP", figures.Map);
        Line("MAP@R", figures.MapAtR);
        Line("MRR", figures.Mrr);
        if (figures.AnnRecall is { } ann) foreach (int k in figures.Ks) Line($"ANN recall@{k}", ann[k]);
        return text.ToString();

        void Line(string name, Estimate e) => text.Append(CultureInfo.InvariantCulture, $"\n  {name,-14} {ReportHtml.Number(e.Value)}  ({ReportHtml.Number(e.Low)} to {ReportHtml.Number(e.High)})");
    }

    private static Html Svg(Chart chart) => ChartHtml.InNotebook(chart, bare: true);
}
