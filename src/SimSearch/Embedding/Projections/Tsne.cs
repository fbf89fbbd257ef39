using System.Numerics.Tensors;

namespace SimSearch.Embedding;

/// <summary>What a t-SNE came to.</summary>
/// <param name="Points">[n x dimensions].</param>
/// <param name="KlDivergence">The cost at the end: Kullback-Leibler divergence, 0 or more; lower is better, for the same data and perplexity.</param>
/// <param name="Iterations">Steps that were made; fewer than asked for when nothing moved any more.</param>
/// <param name="Perplexity">The perplexity that was used.</param>
/// <param name="LearningRate">The step size that was used.</param>
public sealed record TsneResult(VectorMatrix Points, double KlDivergence, int Iterations, double Perplexity, double LearningRate);

/// <summary>
/// t-SNE: places points in two or three dimensions so that neighbours stay neighbours. It is made to show clusters; distances between clusters, their sizes and their
/// densities mean little.
/// </summary>
/// <remarks>
/// van der Maaten and Hinton 2008, with Barnes-Hut sums (van der Maaten 2014), over the 3 * perplexity exact nearest neighbours of each point. Optimised as in scikit-learn: momentum 0.5
/// under early exaggeration, then 0.8, with a gain for each coordinate, from principal components scaled to a deviation of 1e-4. Reaches scikit-learn's cost and
/// trustworthiness within 5 % on the same input. Equal vectors are allowed and end up close to each other; dimensions that do not vary change nothing.
/// </remarks>
public static class Tsne
{
    /// <summary>Fewer points have no neighbourhoods.</summary>
    public const int FewestPoints = 5;

    /// <summary>Most points; beyond, exact neighbours would take hours.</summary>
    public const int MostPoints = 500_000;

    private const int CheckEvery = 50, Patience = 300;
    private const double SmallestGradient = 1e-7, StartDeviation = 1e-4;

    /// <summary>Places points.</summary>
    /// <param name="vectors">[n x d], finite, not all equal; n from 5 to 500,000.</param>
    /// <param name="options">How; null takes the defaults.</param>
    /// <param name="progress">Told about the neighbours and then about the iterations.</param>
    /// <param name="cancellation">Looked at in every iteration.</param>
    /// <exception cref="SimSearchException">Too few vectors, a perplexity that does not fit their number, NaN, or vectors that are all equal.</exception>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    public static TsneResult Fit(VectorMatrix vectors, TsneOptions? options = null, IProgress<Progress>? progress = null, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(vectors);
        options ??= new TsneOptions();
        double perplexity = options.Check(vectors.Rows);
        if (vectors.Rows > MostPoints) throw new SimSearchException($"t-SNE of {vectors.Rows} vectors: at most {MostPoints}; project a sample, or use PCA");
        int n = (int)vectors.Rows, threads = options.Threads > 0 ? options.Threads : Environment.ProcessorCount;
        using var unit = options.Normalize ? RowDistances.ToUnitLength(vectors) : null;
        var input = unit ?? vectors;
        CheckVectors(input);
        var affinities = TsneAffinities.Of(input, perplexity, options.Theta == 0, threads, done => progress?.Report(new Progress("nearest neighbours", done, n)), cancellation);
        var forces = new TsneForces(affinities, n, options.Dimensions, options.Theta, threads, cancellation);
        double rate = options.LearningRate ?? Math.Max(50, n / options.EarlyExaggeration / 4);
        var state = new State(Start(input, options, cancellation), forces, rate);
        int early = Math.Min(250, options.Iterations / 4);
        var report = new Reporter(progress, options.Iterations);
        int steps = state.Descend(0, early, 0.5f, (float)options.EarlyExaggeration, report);
        steps = state.Descend(steps, options.Iterations, 0.8f, 1, report);
        return new TsneResult(state.Points(), state.Cost(), steps, perplexity, rate);
    }

    /// <summary>Refuses what no projection can be made of.</summary>
    internal static void CheckVectors(VectorMatrix vectors)
    {
        if (vectors.FirstRowNotFinite() is >= 0 and var row) throw new SimSearchException($"vector {row} holds NaN or an infinity; leave it out before projecting");
        var first = vectors.Row(0);
        for (long i = 1; i < vectors.Rows; i++)
            if (!vectors.Row(i).SequenceEqual(first)) return;
        throw new SimSearchException($"all {vectors.Rows} vectors are equal; there is nothing to project (was the right thing embedded?)");
    }

    private static float[][] Start(VectorMatrix vectors, TsneOptions options, CancellationToken cancellation)
    {
        int n = (int)vectors.Rows, dimensions = options.Dimensions, found = 0;
        var position = new float[dimensions][];
        for (int d = 0; d < dimensions; d++) position[d] = new float[n];
        if (options.Start == TsneStart.Pca)
        {
            found = (int)Math.Min(dimensions, Math.Min(vectors.Rows - 1, vectors.Dimension));
            var pca = Pca.Fit(vectors, found, cancellation: cancellation);
            Span<float> point = stackalloc float[found];
            for (int i = 0; i < n; i++)
            {
                pca.Apply(vectors.Row(i), point);
                for (int d = 0; d < found; d++) position[d][i] = point[d];
            }
            // As many directions as vary; the others start as noise, because a coordinate of zeros would stay one.
            while (found > 1 && !(pca.Variances[found - 1] > 1e-12 * pca.Variances[0])) found--;
            double deviation = Math.Sqrt(pca.Variances[0] * (n - 1) / n);
            for (int d = 0; d < found; d++) TensorPrimitives.Multiply(position[d], (float)(StartDeviation / deviation), position[d]);
        }
        var random = new Random(options.Seed);
        for (int d = found; d < dimensions; d++)
            for (int i = 0; i < n; i++)
                position[d][i] = (float)(StartDeviation * Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble()));
        return position;
    }

    private sealed class Reporter(IProgress<Progress>? progress, int total)
    {
        public void Tell(int step, double cost) => progress?.Report(new Progress("t-SNE", step, total, FormattableString.Invariant($"KL divergence {cost:0.000}")));
    }

    /// <summary>The points under way.</summary>
    private sealed class State(float[][] position, TsneForces forces, double rate)
    {
        private readonly float[][] gradient = [.. position.Select(p => new float[p.Length])], velocity = [.. position.Select(p => new float[p.Length])], gains = [.. position.Select(p => new float[p.Length])];

        /// <summary>Descends until a step, or until nothing moves or improves; gives the steps made.</summary>
        public int Descend(int from, int to, float momentum, float exaggeration, Reporter report)
        {
            for (int d = 0; d < position.Length; d++)
            {
                velocity[d].AsSpan().Clear();
                gains[d].AsSpan().Fill(1);
            }
            (double best, int bestAt) = (double.PositiveInfinity, from);
            for (int step = from; step < to; step++)
            {
                bool check = (step + 1) % CheckEvery == 0;
                double cost = forces.Gradient(position, gradient, exaggeration, check);
                double squares = 0;
                for (int d = 0; d < position.Length; d++)
                {
                    if (check) squares += TensorPrimitives.SumOfSquares<float>(gradient[d]);
                    Move(position[d], gradient[d], velocity[d], gains[d], momentum);
                }
                if (!check) continue;
                if (!double.IsFinite(cost)) throw new SimSearchException($"t-SNE went astray at step {step + 1}; lower the learning rate, now {rate}");
                report.Tell(step + 1, cost);
                if (cost < best) (best, bestAt) = (cost, step);
                else if (step - bestAt > Patience) return step + 1;
                if (Math.Sqrt(squares) <= SmallestGradient) return step + 1;
            }
            return to;
        }

        public double Cost() => forces.Gradient(position, gradient, 1, withCost: true);

        public VectorMatrix Points()
        {
            int dimensions = position.Length, n = position[0].Length;
            var points = new float[(long)n * dimensions];
            for (int i = 0; i < n; i++)
                for (int d = 0; d < dimensions; d++) points[i * dimensions + d] = position[d][i];
            return VectorMatrix.FromArray(points, dimensions);
        }

        /// <summary>One step: gains grow by 0.2 where the direction is kept and shrink by a fifth where it turns, not below 0.01.</summary>
        private void Move(float[] at, float[] slope, float[] speed, float[] gain, float momentum)
        {
            float step = (float)rate;
            for (int i = 0; i < at.Length; i++)
            {
                float g = gain[i] = Math.Max(0.01f, speed[i] * slope[i] < 0 ? gain[i] + 0.2f : gain[i] * 0.8f);
                speed[i] = momentum * speed[i] - step * g * slope[i];
                at[i] += speed[i];
            }
        }
    }
}
