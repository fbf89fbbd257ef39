using SimSearch.Datasets;

namespace SimSearch.Charts;

/// <summary>How the sounds look: one example of every class.</summary>
internal static class ExampleSections
{
    private const int MaxClasses = 50;

    /// <summary>The first item of each class, by class name.</summary>
    public static IReadOnlyList<Item> Choose(Dataset? dataset) => dataset is null
        ? []
        : [.. dataset.Items.Where(i => i.Label is not null).GroupBy(i => i.Label, StringComparer.Ordinal).OrderBy(g => g.Key, StringComparer.Ordinal).Take(MaxClasses).Select(g => g.First())];

    public static PageSection? Build(SearchReport report, IReadOnlyList<Item> examples, ReportSounds sounds)
    {
        if (examples.Count == 0) return null;
        string first50 = report.Dataset!.Labels.Count > MaxClasses ? $" The first {MaxClasses} of {report.Dataset.Labels.Count} classes are shown." : "";
        if (examples.All(i => i.IsText))
            return new PageSection("texts", "What the classes say",
                ReportHtml.Lead($"One example of each class. Look for the words that set a class apart from the others: they are what the embedding has to catch.{first50}"),
                Html.Of($"<dl class=\"ss-texts\">{Html.Join(examples.Select(item => Html.Of($"<div><dt>{item.Label}</dt><dd>{ReportHtml.Words(item)} <span class=\"ss-id\">{item.Id}</span></dd></div>")))}</dl>")) { Short = "Texts" };
        var cards = Html.Of($"<div class=\"ss-grid\">{Html.Join(examples.Select(item => Card(item, sounds)))}</div>");
        if (examples.All(i => i.IsImage))
            return new PageSection("images", "What the classes look like",
                ReportHtml.Lead($"One example of each class. Look for what sets a class apart from the others: colours, shapes, textures, and backgrounds that have nothing to do with it.{first50}"), cards) { Short = "Images" };
        Html large = Html.Empty;
        if (examples.FirstOrDefault(i => sounds.Signal(i) is not null) is { } first)
        {
            var signal = sounds.Signal(first)!;
            large = Html.Of($"<div class=\"ss-pair\">{(Chart.Waveform(signal, $"Waveform of {first.Label}") with { Width = 480, Height = 300, Caption = "Time runs to the right. The height says how strongly the air moves: you see attack, decay and rhythm, but hardly any pitch." }).ToHtml()}{(Chart.Spectrogram(ReportSounds.LogMel(signal, 320, 96), $"Spectrogram of {first.Label}", floorDb: 70) with { Width = 480, Height = 300, Caption = "The same sound. Bright means loud at that frequency and moment: level lines are tones, columns are clicks, clouds are noise." }).ToHtml()}</div>");
        }
        return new PageSection("sounds", "How the classes look and sound",
            ReportHtml.Lead("One example of each class, to play. Look for what sets a class apart from the others (level lines of a tone, upright lines of a click, the cloud of a noise): it is what the embedding has to catch."),
            large,
            cards,
            Html.Of($"<p>In the small pictures time runs from the start to the end of the sound, frequency from 0 Hz at the bottom to {report.SoundSampleRate / 2:N0} Hz at the top on the mel scale, and the colours span 70 dB.{first50}</p>")) { Short = "Sounds" };
    }

    private static Html Card(Item item, ReportSounds sounds) =>
        Html.Of($"<article class=\"ss-sound\"><h3>{item.Label}</h3>{sounds.Wave(item)}{sounds.Image(item)}{sounds.Player(item)}{ReportHtml.Words(item)}<p class=\"ss-id\">{item.Id}</p></article>");
}
