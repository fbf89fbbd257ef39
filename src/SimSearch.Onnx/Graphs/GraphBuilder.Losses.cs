namespace SimSearch.Onnx;

/// <summary>
/// Losses of metric learning. Labels are rows of class shares [n x classes] (one-hot, or mixed by mixup); embeddings [n x d] have length 1 (<see cref="L2Normalise"/>).
/// A batch that offers nothing to compare (no two items of one class; for triplets also one class only) gives 0 and a zero gradient, never NaN: the trainer decides whether that is an error.
/// </summary>
public sealed partial class GraphBuilder
{
    // Stands for "not this pair" before a softmax: e^-1e4 is 0, and the gradient stays finite.
    private const double Excluded = -1e4;

    /// <summary>Cross-entropy of softmax(logits) against class shares: - mean over rows of sum_c t log softmax(logits).</summary>
    /// <param name="logits">[n x classes].</param>
    /// <param name="targets">[n x classes], rows that sum to 1.</param>
    public GraphTensor CrossEntropy(GraphTensor logits, GraphTensor targets)
    {
        RequireSame(logits, targets, "CrossEntropy");
        if (logits.Rank != 2) throw new OnnxGraphException($"CrossEntropy takes logits [n x classes], not {logits}");
        return Sum(targets * LogSoftmax(logits)) * (-1.0 / logits[0]);
    }

    /// <summary>
    /// Cosine softmax: cross-entropy of scale cos(embedding, class vector), optionally with an additive angular margin (ArcFace, Deng et al. 2019): the angle to the own class counts as
    /// larger by the margin; past pi - margin, where that would turn around, cos - margin sin(margin) takes its place.
    /// </summary>
    /// <param name="embeddings">[n x d], length 1.</param>
    /// <param name="classes">[classes x d], a parameter of any length; only the direction counts.</param>
    /// <param name="labels">[n x classes]; the margin applies in proportion to the share.</param>
    /// <param name="scale">Multiplies the cosines: 16 suits tens of classes.</param>
    /// <param name="margin">Radians in [0, pi / 2]; 0 for none, 0.5 in the paper.</param>
    public GraphTensor CosineSoftmax(GraphTensor embeddings, GraphTensor classes, GraphTensor labels, double scale = 16, double margin = 0)
    {
        if (!(scale > 0)) throw new OnnxGraphException($"scale={scale} must be positive");
        if (!(margin >= 0 && margin <= Math.PI / 2)) throw new OnnxGraphException($"margin={margin} must be in [0, pi / 2] radians");
        var cosine = Gemm(embeddings, L2Normalise(classes), transposeB: true);
        RequireSame(cosine, labels, "CosineSoftmax");
        if (margin > 0)
        {
            var sine = Sqrt(Maximum(1 - Square(cosine), Constant(1e-7)));
            var turned = cosine * Math.Cos(margin) - sine * Math.Sin(margin);
            var moved = Where(Greater(cosine, Constant(Math.Cos(Math.PI - margin))), turned, cosine - margin * Math.Sin(margin));
            cosine = cosine + labels * (moved - cosine);
        }
        return CrossEntropy(cosine * scale, labels);
    }

    /// <summary>
    /// Supervised contrastive loss (Khosla et al. 2020, the form with the sum outside the logarithm), with soft labels: the pair (i, j), j ≠ i, weighs y_i · y_j, each row's
    /// weights sum to 1, and the loss is the mean over rows of - sum_j weight_ij log softmax_j(z_i · z_j / temperature). Rows without a positive are left out of the mean.
    /// </summary>
    /// <param name="embeddings">[n x d], length 1.</param>
    /// <param name="labels">[n x classes].</param>
    /// <param name="temperature">Positive; 0.1 is usual.</param>
    public GraphTensor SupervisedContrastive(GraphTensor embeddings, GraphTensor labels, double temperature = 0.1)
    {
        long n = RequireRows(embeddings, labels, "SupervisedContrastive");
        var weights = Gemm(labels, labels, transposeB: true) * OffDiagonal(n);
        var total = Sum(weights, [1], keep: true);
        // A row whose shares come to less than this has no positive to speak of.
        var has = Number(Greater(total, Constant(1e-6)));
        weights = weights / Maximum(total, Constant(1e-6)) * has;
        return WeightedContrast(embeddings, weights, Maximum(Sum(has), Constant(1)), temperature);
    }

    /// <summary>
    /// NT-Xent (Chen et al. 2020), without labels: row i of both inputs are two views of one item; each must find the other among all 2n - 1 rows.
    /// </summary>
    /// <param name="first">[n x d], length 1.</param>
    /// <param name="second">[n x d], length 1.</param>
    /// <param name="temperature">Positive; 0.1 to 0.5.</param>
    public GraphTensor NormalisedTemperature(GraphTensor first, GraphTensor second, double temperature = 0.2)
    {
        RequireSame(first, second, "NormalisedTemperature");
        if (first.Rank != 2) throw new OnnxGraphException($"NormalisedTemperature takes embeddings [n x d], not {first}");
        long n = first[0];
        var pairs = new double[4 * n * n];
        for (long i = 0; i < 2 * n; i++) pairs[i * 2 * n + (i + n) % (2 * n)] = 1;
        return WeightedContrast(Concat(0, first, second), Constant(pairs, [2 * n, 2 * n]), Constant(2 * n), temperature);
    }

    /// <summary>
    /// Triplet loss with semi-hard mining (Schroff et al. 2015), over Euclidean distance: for each pair of one class, the nearest item of another class that is farther
    /// than the positive, or the farthest item of another class where none is; max(0, d(a, p) - d(a, n) + margin), mean over the pairs. Labels must be one-hot.
    /// </summary>
    /// <param name="embeddings">[n x d], length 1. Memory grows with n³: several tensors of 67 MB for 256 items.</param>
    /// <param name="labels">[n x classes]; two rows are of one class when their product exceeds one half.</param>
    /// <param name="margin">Positive; distances of unit vectors are at most 2.</param>
    public GraphTensor TripletSemiHard(GraphTensor embeddings, GraphTensor labels, double margin = 0.2)
    {
        long n = RequireRows(embeddings, labels, "TripletSemiHard");
        if (!(margin > 0)) throw new OnnxGraphException($"margin={margin} must be positive");
        var squares = Sum(Square(embeddings), [1], keep: true);
        var distance = Sqrt(Maximum(squares + Transpose(squares, 1, 0) - Gemm(embeddings, embeddings, transposeB: true) * 2, Constant(0)) + 1e-8);
        var same = Greater(Gemm(labels, labels, transposeB: true), Constant(0.5));
        var differ = Not(same);
        // [anchor, positive, negative]
        GraphTensor toNegative = Reshape(distance, n, 1, n), toPositive = Reshape(distance, n, n, 1), other = Reshape(differ, n, 1, n);
        GraphTensor farther = And(other, Greater(toNegative, toPositive)), far = Constant(1e4), none = Constant(Excluded);
        var nearestFarther = Min(Where(farther, toNegative, far), [2]);
        var farthest = Max(Where(differ, distance, none), [1], keep: true);
        var negative = Where(Less(nearestFarther, Constant(1e3)), nearestFarther, farthest);
        var pairs = Number(same) * OffDiagonal(n) * Max(Number(differ), [1], keep: true);
        var each = Relu(distance - Where(Greater(pairs, Constant(0)), negative, distance) + margin) * pairs;
        return Sum(each) / Maximum(Sum(pairs), Constant(1));
    }

    private GraphTensor WeightedContrast(GraphTensor embeddings, GraphTensor weights, GraphTensor rows, double temperature)
    {
        if (!(temperature > 0)) throw new OnnxGraphException($"temperature={temperature} must be positive");
        long n = embeddings[0];
        var itself = new double[n * n];
        // Similarities reach ±1 / temperature: what excludes must lie far below.
        for (long i = 0; i < n; i++) itself[i * n + i] = Excluded * Math.Max(1, 1 / temperature);
        var similarity = Gemm(embeddings, embeddings, transposeB: true) * (1 / temperature) + Constant(itself, [n, n]);
        return -(Sum(weights * LogSoftmax(similarity)) / rows);
    }

    private GraphTensor OffDiagonal(long n)
    {
        var mask = new double[n * n];
        for (long i = 0; i < n * n; i++) mask[i] = i % (n + 1) == 0 ? 0 : 1;
        return Constant(mask, [n, n]);
    }

    private static long RequireRows(GraphTensor embeddings, GraphTensor labels, string loss)
    {
        if (embeddings.Rank != 2 || labels.Rank != 2 || embeddings[0] != labels[0]) throw new OnnxGraphException($"{loss} takes embeddings [n x d] and labels [n x classes], not {embeddings} and {labels}");
        return embeddings[0] >= 2 ? embeddings[0] : throw new OnnxGraphException($"{loss} compares the items of a batch; {embeddings} has one");
    }

    private static void RequireSame(GraphTensor a, GraphTensor b, string loss)
    {
        if (!Shapes.Same(a.Shape, b.Shape)) throw new OnnxGraphException($"{loss}: {a} and {b} must have the same shape");
    }
}
