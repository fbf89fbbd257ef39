using System.Globalization;
using System.Text;
using SimSearch.Charts;
using SimSearch.Cli.Terminal;
using SimSearch.Learning;
using SimSearch.Storage;

namespace SimSearch.Cli.Commands;

/// <summary>The curves of a training as a page, and its numbers as a table.</summary>
internal static class TrainReport
{
    /// <summary>Writes training.html and training.csv.</summary>
    public static void Save(string folder, IReadOnlyList<LearningEpoch> history, string dataset, Screen screen)
    {
        Directory.CreateDirectory(folder);
        double[] epochs = [.. history.Select(e => (double)e.Epoch)];
        var content = new List<Html>
        {
            new Chart("Loss", new ChartAxis("epoch", ""), new ChartAxis("mean loss of the epoch", ""), new LineSeries("loss", epochs, [.. history.Select(e => e.Loss)])).ToHtml(),
            new Chart("Learning rate", new ChartAxis("epoch", ""), new ChartAxis("rate", ""), new LineSeries("rate", epochs, [.. history.Select(e => e.Rate)])).ToHtml(),
        };
        var seen = history.Where(e => e.Map is not null).ToList();
        double[] at = [.. seen.Select(e => (double)e.Epoch)];
        if (seen.Count > 0)
            content.Insert(1, new Chart("Validation: sounds that were not learned from", new ChartAxis("epoch", ""), new ChartAxis("figure", ""),
                new LineSeries("MAP", at, [.. seen.Select(e => e.Map!.Value)]), new LineSeries("precision at 1", at, [.. seen.Select(e => e.PrecisionAt1!.Value)])).ToHtml());
        AtomicFile.WriteText(Path.Combine(folder, "training.html"), new HtmlPage($"Training on {dataset}") { Content = content }.ToString());
        var table = new StringBuilder("epoch,loss,rate,gradient_norm,map,precision_at_1\n");
        foreach (var e in history) table.Append(string.Create(CultureInfo.InvariantCulture, $"{e.Epoch},{e.Loss},{e.Rate},{e.GradientNorm},{e.Map},{e.PrecisionAt1}\n"));
        AtomicFile.WriteText(Path.Combine(folder, "training.csv"), table.ToString());
        screen.Say($"curves: {Path.Combine(folder, "training.html")}");
    }
}
