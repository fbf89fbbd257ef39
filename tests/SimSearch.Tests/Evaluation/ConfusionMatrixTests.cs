using System.Text.Json;
using SimSearch.Evaluation;
using SimSearch.Tests.Support;

namespace SimSearch.Tests;

public sealed class ConfusionMatrixTests
{
    [Fact]
    public void The_golden_figures_are_met()
    {
        var golden = JsonDocument.Parse(File.ReadAllText(SharedData.Golden("other.json"))).RootElement.GetProperty("classification");
        int[] Numbers(string name) => [.. golden.GetProperty(name).EnumerateArray().Select(e => e.GetInt32())];
        var matrix = ConfusionMatrix.FromPairs(["0", "1", "2", "3", "4"], Numbers("y_true"), Numbers("y_pred"));
        for (int t = 0; t < 5; t++)
            for (int p = 0; p < 5; p++) Assert.Equal(golden.GetProperty("confusion")[t][p].GetInt64(), matrix[t, p]);
        foreach (var (name, value) in new (string, double)[]
                 {
                     ("accuracy", matrix.Accuracy), ("balanced_accuracy", matrix.BalancedAccuracy), ("f1_macro", matrix.F1Macro), ("f1_micro", matrix.F1Micro),
                     ("f1_weighted", matrix.F1Weighted), ("mcc", matrix.MatthewsCorrelation), ("kappa", matrix.Kappa),
                     ("precision_macro", matrix.PrecisionMacro), ("recall_macro", matrix.RecallMacro),
                 })
            Assert.Equal(golden.GetProperty(name).GetDouble(), value, 1e-9);
    }

    [Fact]
    public void Empty_and_one_sided_tables_have_figures_too()
    {
        var empty = new ConfusionMatrix([], new long[0, 0]);
        Assert.Equal([0, 0, 0, 0, 0], [empty.Accuracy, empty.F1Weighted, empty.MatthewsCorrelation, empty.BalancedAccuracy, empty.Kappa]);
        var oneSided = ConfusionMatrix.FromPairs(["a", "b"], [0, 0, 0], [0, 0, 0]);
        Assert.Equal([1, 0, 0], [oneSided.Accuracy, oneSided.MatthewsCorrelation, oneSided.Kappa]);
        Assert.Throws<ArgumentException>(() => new ConfusionMatrix(["a"], new long[2, 1]));
    }
}
