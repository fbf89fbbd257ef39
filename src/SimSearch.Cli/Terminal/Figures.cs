using System.Globalization;
using SimSearch.Evaluation;
using Spectre.Console;

namespace SimSearch.Cli.Terminal;

/// <summary>Retrieval figures as a table.</summary>
internal static class Figures
{
    /// <summary>Prints the figures with their intervals, and what they were measured on.</summary>
    public static void Show(IAnsiConsole console, RetrievalReport report)
    {
        string range = string.Create(CultureInfo.InvariantCulture, $"{100 * report.Protocol.Confidence:0.#} % interval");
        var table = new Table().Border(TableBorder.Rounded).AddColumn("figure").AddColumn(new TableColumn("value").RightAligned()).AddColumn(new TableColumn(range).RightAligned());
        void Row(string name, Estimate estimate) => table.AddRow(name, Text($"{estimate.Value:0.0000}"), Text($"{estimate.Low:0.000} to {estimate.High:0.000}"));
        foreach (int k in report.Ks) Row($"precision@{k}", report.Precision[k]);
        Row("MAP", report.Map);
        Row("MAP@R", report.MapAtR);
        Row("R-precision", report.RPrecision);
        Row("MRR", report.Mrr);
        foreach (int k in report.Ks) Row($"kNN accuracy, k={k}", report.KnnAccuracy[k]);
        if (report.AnnRecall is { } recall)
            foreach (var (k, estimate) in recall) Row($"ANN recall@{k} (of the index)", estimate);
        table.AddRow("hubness", Text($"{report.Hubness:0.00}"), "");
        console.Write(table);
        console.WriteLine($"{report.Queries} queries against {report.Gallery} items; {report.Protocol}");
    }

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
