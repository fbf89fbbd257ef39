using SimSearch.Evaluation;

namespace SimSearch.Charts;

/// <summary>Which classes are found well, and what they are confused with.</summary>
internal static class ClassSection
{
    private const int MaxTable = 60, MaxRows = 200;

    public static PageSection Build(SearchReport report)
    {
        var figures = report.Figures;
        int first = figures.Ks[0], last = figures.Ks[^1];
        var classes = figures.PerClass.OrderByDescending(c => c.Map).ThenBy(c => c.Label, StringComparer.Ordinal).ToArray();
        var shown = classes.Length <= MaxRows ? classes : [.. classes[..(MaxRows / 2)], .. classes[^(MaxRows / 2)..]];
        Html rows = Html.Join(shown.Select(c => Row(c, first, last, Html.Empty)).Append(Row(figures.Macro with { Label = "mean of the classes" }, first, last, Html.Of($" class=\"ss-sum\""))));
        Html table = Html.Of($"""
            <div class="ss-table" tabindex="0" role="region" aria-label="Figures by class"><table><thead><tr><th scope="col">Class</th><th scope="col" class="ss-number">Queries</th><th scope="col" class="ss-number">Precision at {first}</th><th scope="col" class="ss-number">Precision at {last}</th><th scope="col" class="ss-number">Average precision</th><th scope="col"><span class="ss-unseen">Average precision as a bar</span></th></tr></thead><tbody>{rows}</tbody></table></div>
            """);
        var confusion = figures.Confusion();
        int n = confusion.Labels.Count;
        Html picture = n <= MaxTable
            ? (Picture(confusion) with { Caption = $"On the diagonal the nearest neighbour is of the right class. A number beside it is a confusion: {(report.Dataset?.HoldsImages == true ? "look at" : "listen to")} these two classes above." }).ToHtml(interactive: true)
            : Html.Of($"<p>With {n} classes a picture would be too small to read; the largest confusions are below.</p>");
        Html worst = Worst(confusion);
        int lost = Enumerable.Range(0, figures.Queries).Count(query => figures.Neighbours.RowsOf(query)[0] < 0);
        Html missing = lost == 0 ? Html.Empty : Html.Of($"<p>{lost} of the {figures.Queries} queries found nothing at all, because an approximate index looks at a part of the gallery only; they are not in the picture.</p>");
        return new PageSection("classes", "Class by class",
            ReportHtml.Lead("The mean hides that some classes are easy and some are not. Look at the end of the table, and in the picture for what these classes are taken for."),
            shown.Length < classes.Length ? Html.Of($"<p>The {MaxRows / 2} best and the {MaxRows / 2} worst of {classes.Length} classes:</p>") : Html.Empty,
            table, picture, missing,
            worst.IsEmpty ? Html.Of($"<p>No nearest neighbour that was found is of another class.</p>") : Html.Of($"<h3>The most frequent confusions</h3><ul>{worst}</ul>")) { Short = "Classes" };
    }

    /// <summary>The confusion table as a chart.</summary>
    public static Chart Picture(ConfusionMatrix confusion)
    {
        return Chart.Confusion("Class of the nearest neighbour", confusion) with
        {
            Subtitle = "rows: class of the query; columns: class of its nearest neighbour; numbers: queries",
        };
    }

    /// <summary>The five most frequent confusions as list items; empty when there is none.</summary>
    public static Html Worst(ConfusionMatrix confusion)
    {
        int n = confusion.Labels.Count;
        var wrong = from t in Enumerable.Range(0, n) from a in Enumerable.Range(0, n) where t != a && confusion[t, a] > 0 orderby confusion[t, a] descending, t, a select (t, a);
        return Html.Join(wrong.Take(5).Select(p => Html.Of($"<li>{confusion.Labels[p.t]} taken for {confusion.Labels[p.a]}: {confusion[p.t, p.a]} of {confusion.Occurred(p.t)} queries</li>")));
    }

    private static Html Row(ClassFigures c, int first, int last, Html style) => Html.Of($"""
        <tr{style}><th scope="row">{c.Label}</th><td class="ss-number">{c.Queries}</td><td class="ss-number">{ReportHtml.Number(c.Precision[first])}</td><td class="ss-number">{ReportHtml.Number(c.Precision[last])}</td><td class="ss-number">{ReportHtml.Number(c.Map)}</td><td>{ReportHtml.Bar(c.Map)}</td></tr>
        """);
}
