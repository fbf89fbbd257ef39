using System.Globalization;
using System.Text;
using SimSearch.Datasets;

namespace SimSearch.Charts;

/// <summary>A data set in a notebook: how many items each class and group has, and one of each class to listen to.</summary>
internal static class DatasetView
{
    private const int MaxClasses = 60, MaxGroups = 12;

    public static Html Markup(Dataset dataset)
    {
        string[] labels = [.. dataset.Labels.Take(MaxClasses)], groups = dataset.Groups.Count <= MaxGroups ? [.. dataset.Groups] : [];
        var counts = dataset.Items.SelectMany(i => i.Labels.Distinct(StringComparer.Ordinal), (item, label) => (label, item.Group)).CountBy(p => p).ToDictionary();
        var byLabel = dataset.CountsByLabel;
        var examples = ExampleSections.Choose(dataset).ToDictionary(i => i.Label!, StringComparer.Ordinal);
        var played = labels.Where(examples.ContainsKey).Take(NotebookViews.MaxSounds).ToHashSet(StringComparer.Ordinal);
        var sounds = new ReportSounds(dataset, played.Count, NotebookViews.SmallSounds);
        Html rows = Html.Join(labels.Select(label => Html.Of($"""
            <tr><th scope="row">{label}</th><td class="ss-number">{byLabel[label]}</td>{Html.Join(groups.Select(g => Html.Of($"<td class=\"ss-number\">{counts.GetValueOrDefault((label, g))}</td>")))}<td>{(played.Contains(label) ? sounds.Image(examples[label]) : Html.Empty)}</td><td class="ss-id">{(played.Contains(label) ? sounds.Player(examples[label]) : Html.Empty)}</td><td class="ss-id">{(examples.TryGetValue(label, out var example) ? example.Id : "")}</td></tr>
            """)));
        int unlabelled = dataset.Items.Count(i => i.Label is null);
        string more = string.Join(" ", new[]
        {
            unlabelled > 0 ? $"{unlabelled} items have no label." : "", dataset.Labels.Count > labels.Length ? $"The first {labels.Length} of {dataset.Labels.Count} classes are shown." : "",
            dataset.Groups.Count > MaxGroups ? $"{dataset.Groups.Count} groups are too many for columns." : "", examples.Count > played.Count ? $"The first {played.Count} classes can be {(dataset.HoldsImages ? "seen" : "played")} here." : "",
        }.Where(s => s.Length > 0));
        return Html.Join([
            Html.Of($"<p><strong>{dataset.Name}</strong>: {dataset.Count} items, {dataset.Labels.Count} classes, {dataset.Groups.Count} groups</p>"),
            labels.Length == 0 ? Html.Empty : Html.Of($"<table><thead><tr><th scope=\"col\">Class</th><th scope=\"col\" class=\"ss-number\">Items</th>{Html.Join(groups.Select(g => Html.Of($"<th scope=\"col\" class=\"ss-number\">{g}</th>")))}<th scope=\"col\" colspan=\"3\">First example</th></tr></thead><tbody>{rows}</tbody></table>"),
            more.Length > 0 ? Html.Of($"<p class=\"ss-note\">{more}</p>") : Html.Empty]);
    }

    public static string Text(Dataset dataset)
    {
        var text = new StringBuilder(Html.Clean(dataset.ToString()));
        foreach (var (label, count) in dataset.CountsByLabel.Take(MaxClasses)) text.Append(CultureInfo.InvariantCulture, $"\n  {Html.Clean(label)}: {count}");
        if (dataset.Labels.Count > MaxClasses) text.Append(CultureInfo.InvariantCulture, $"\n  ... and {dataset.Labels.Count - MaxClasses} more classes");
        return text.ToString();
    }
}
