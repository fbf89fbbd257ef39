namespace SimSearch.Evaluation;

/// <summary>
/// Counts of true against assigned classes, and what is commonly computed from them. The figures agree with scikit-learn 1.2 to 1e-9; a class that
/// was never assigned has precision 0, one that never occurred has recall 0 and takes no part in macro means.
/// </summary>
public sealed class ConfusionMatrix
{
    private readonly long[,] counts;

    /// <summary>Wraps counts without copying them.</summary>
    /// <param name="labels">Names of the classes.</param>
    /// <param name="counts">[true class x assigned class], 0 or more.</param>
    public ConfusionMatrix(IReadOnlyList<string> labels, long[,] counts)
    {
        if (counts.GetLength(0) != labels.Count || counts.GetLength(1) != labels.Count)
            throw new ArgumentException($"{labels.Count} labels need [{labels.Count} x {labels.Count}] counts, not [{counts.GetLength(0)} x {counts.GetLength(1)}]", nameof(counts));
        (Labels, this.counts) = (labels, counts);
        foreach (long count in counts) Total += count;
    }

    /// <summary>Counts pairs of class numbers.</summary>
    /// <param name="labels">Names of the classes.</param>
    /// <param name="truth">True class of each case, 0 to labels - 1.</param>
    /// <param name="assigned">Assigned class of each case.</param>
    public static ConfusionMatrix FromPairs(IReadOnlyList<string> labels, ReadOnlySpan<int> truth, ReadOnlySpan<int> assigned)
    {
        if (truth.Length != assigned.Length) throw new ArgumentException($"{truth.Length} true and {assigned.Length} assigned classes must be equally many", nameof(assigned));
        var counts = new long[labels.Count, labels.Count];
        for (int i = 0; i < truth.Length; i++) counts[truth[i], assigned[i]]++;
        return new ConfusionMatrix(labels, counts);
    }

    /// <summary>Names of the classes.</summary>
    public IReadOnlyList<string> Labels { get; }

    /// <summary>Number of cases counted.</summary>
    public long Total { get; }

    /// <summary>Cases of one true class that were assigned another.</summary>
    public long this[int truth, int assigned] => counts[truth, assigned];

    /// <summary>Cases of a true class.</summary>
    public long Occurred(int label) => Enumerable.Range(0, Labels.Count).Sum(other => counts[label, other]);

    /// <summary>Cases assigned to a class.</summary>
    public long Assigned(int label) => Enumerable.Range(0, Labels.Count).Sum(other => counts[other, label]);

    /// <summary>Share of cases assigned to their true class.</summary>
    public double Accuracy => Ratio(Diagonal, Total);

    /// <summary>Mean recall over the classes that occurred.</summary>
    public double BalancedAccuracy => Mean(Recall);

    /// <summary>Mean recall over the classes that occurred; the same as <see cref="BalancedAccuracy"/>.</summary>
    public double RecallMacro => Mean(Recall);

    /// <summary>Mean precision over the classes that occurred.</summary>
    public double PrecisionMacro => Mean(Precision);

    /// <summary>Mean F1 over the classes that occurred.</summary>
    public double F1Macro => Mean(F1);

    /// <summary>F1 over all cases together; with one label a case it is the accuracy.</summary>
    public double F1Micro => Accuracy;

    /// <summary>Mean F1 weighted by how often a class occurred.</summary>
    public double F1Weighted => Total == 0 ? 0 : Enumerable.Range(0, Labels.Count).Sum(label => Occurred(label) * F1(label)) / Total;

    /// <summary>Of the cases assigned to a class, the share that belongs there.</summary>
    public double Precision(int label) => Ratio(counts[label, label], Assigned(label));

    /// <summary>Of the cases of a class, the share that was assigned to it.</summary>
    public double Recall(int label) => Ratio(counts[label, label], Occurred(label));

    /// <summary>Harmonic mean of precision and recall: 2 tp / (occurred + assigned).</summary>
    public double F1(int label) => Ratio(2 * counts[label, label], Occurred(label) + Assigned(label));

    /// <summary>Matthews correlation of many classes (Gorodkin 2004); 0 when either side has one class only.</summary>
    public double MatthewsCorrelation
    {
        get
        {
            var (both, trueSquares, assignedSquares) = Products();
            double total = Total, spread = (total * total - assignedSquares) * (total * total - trueSquares);
            return spread > 0 ? (Diagonal * total - both) / Math.Sqrt(spread) : 0;
        }
    }

    /// <summary>Cohen's kappa: accuracy beyond what the class frequencies give by chance; 0 when chance alone would give 1.</summary>
    public double Kappa
    {
        get
        {
            double chance = Products().Both / ((double)Total * Total);
            return chance < 1 ? (Accuracy - chance) / (1 - chance) : 0;
        }
    }

    private long Diagonal => Enumerable.Range(0, Labels.Count).Sum(label => counts[label, label]);

    private (double Both, double TrueSquares, double AssignedSquares) Products()
    {
        double both = 0, trueSquares = 0, assignedSquares = 0;
        for (int label = 0; label < Labels.Count; label++)
        {
            double t = Occurred(label), a = Assigned(label);
            (both, trueSquares, assignedSquares) = (both + t * a, trueSquares + t * t, assignedSquares + a * a);
        }
        return (both, trueSquares, assignedSquares);
    }

    private double Mean(Func<int, double> figure)
    {
        var occurred = Enumerable.Range(0, Labels.Count).Where(label => Occurred(label) > 0).ToArray();
        return occurred.Length == 0 ? 0 : occurred.Average(figure);
    }

    private static double Ratio(long part, long whole) => whole == 0 ? 0 : (double)part / whole;
}
