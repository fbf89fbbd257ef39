using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace SimSearch.Embedding;

/// <summary>
/// The gradient of t-SNE's cost at a state of the projection. Eight points that lie close together walk the tree together, one in each lane; a cell counts as one
/// point when it is far enough for the nearest corner of the eight's box, so all of them are at least as exact as one by one.
/// </summary>
internal sealed class TsneForces
{
    private const int Lanes = 8, GroupsPerTask = 16, PointsPerTask = 256;

    private readonly TsneAffinities affinities;
    private readonly int points, dimensions;
    private readonly float theta2;
    private readonly ParallelOptions parallel;
    private readonly TsneTree tree;
    private readonly float[][] repulsion;
    private readonly double[] groupSums, taskCosts;
    private readonly double entropy;

    public TsneForces(TsneAffinities affinities, int points, int dimensions, double theta, int threads, CancellationToken cancellation)
    {
        (this.affinities, this.points, this.dimensions, theta2) = (affinities, points, dimensions, (float)(theta * theta));
        parallel = new ParallelOptions { MaxDegreeOfParallelism = threads, CancellationToken = cancellation };
        tree = new TsneTree(points, dimensions);
        repulsion = [new float[points], new float[points], new float[points]];
        groupSums = new double[(points + Lanes - 1) / Lanes];
        taskCosts = new double[(points + PointsPerTask - 1) / PointsPerTask];
        foreach (float p in affinities.Values) entropy += p > 0 ? p * Math.Log(p) : 0;
    }

    /// <summary>Computes the gradient, and the cost on request.</summary>
    /// <param name="position">One array of [points] for each dimension; finite.</param>
    /// <param name="gradient">Receives as much.</param>
    /// <param name="exaggeration">What attraction is multiplied with.</param>
    /// <param name="withCost">Whether the cost is wanted.</param>
    /// <returns>Kullback-Leibler divergence of the pairs in the projection from those in the original space (without the exaggeration); 0 when not wanted.</returns>
    public double Gradient(float[][] position, float[][] gradient, float exaggeration, bool withCost)
    {
        tree.Build(position);
        Run(groupSums.Length, GroupsPerTask, (from, to) =>
        {
            for (int group = from; group < to; group++) groupSums[group] = Repel(group);
        });
        // Every point has met itself at distance 0, which adds 1 each; sums are taken in one order, whatever the threads did.
        double sum = -points;
        foreach (double part in groupSums) sum += part;
        float share = sum > 0 ? (float)(1 / sum) : 0;
        Run(points, PointsPerTask, (from, to) =>
        {
            for (int i = from; i < to; i++) Attract(position, gradient, i, exaggeration, share);
            if (withCost) taskCosts[from / PointsPerTask] = Cost(position, from, to);
        });
        return withCost ? entropy + taskCosts.Sum() + Math.Log(sum > 0 ? sum : 1) : 0;
    }

    private void Run(int count, int size, Action<int, int> work)
    {
        int tasks = (count + size - 1) / size;
        if (parallel.MaxDegreeOfParallelism == 1 || tasks == 1)
        {
            for (int task = 0; task < tasks; task++) work(task * size, Math.Min(count, (task + 1) * size));
            parallel.CancellationToken.ThrowIfCancellationRequested();
        }
        else Errors.Unwrapped(() => Parallel.For(0, tasks, parallel, task => work(task * size, Math.Min(count, (task + 1) * size))));
    }

    /// <summary>Forces on eight neighbouring points from all others, and the sum of 1 / (1 + distance squared) over all pairs with them.</summary>
    private double Repel(int group)
    {
        int first = group * Lanes, count = Math.Min(Lanes, points - first);
        float[] sx = tree.Sorted[0], sy = tree.Sorted[1], sz = tree.Sorted[2];
        bool three = dimensions == 3;
        var px = Vector256.LoadUnsafe(ref sx[first]);
        var py = Vector256.LoadUnsafe(ref sy[first]);
        var pz = Vector256.LoadUnsafe(ref sz[first]);
        var (x, xHalf) = Extent(px);
        var (y, yHalf) = Extent(py);
        var (z, zHalf) = three ? Extent(pz) : default;
        Vector256<float> fx = default, fy = default, fz = default, total = default, one = Vector256<float>.One;
        ref var nodes = ref MemoryMarshal.GetArrayDataReference(tree.Nodes);
        int end = tree.NodeCount;
        for (int at = 0; at < end;)
        {
            ref var node = ref System.Runtime.CompilerServices.Unsafe.Add(ref nodes, at);
            float dx = Math.Max(Math.Abs(node.X - x) - xHalf, 0), dy = Math.Max(Math.Abs(node.Y - y) - yHalf, 0), nearest = dx * dx + dy * dy;
            if (three)
            {
                float dz = Math.Max(Math.Abs(node.Z - z) - zHalf, 0);
                nearest += dz * dz;
            }
            if (node.SquaredWidth < theta2 * nearest || node.SquaredWidth < 0)
            {
                var (vx, vy, vz) = (px - Vector256.Create(node.X), py - Vector256.Create(node.Y), pz - Vector256.Create(node.Z));
                var distance = Vector256.FusedMultiplyAdd(vx, vx, Vector256.FusedMultiplyAdd(vy, vy, one));
                if (three) distance = Vector256.FusedMultiplyAdd(vz, vz, distance);
                var q = one / distance;
                var weight = q * node.Mass;
                total += weight;
                weight *= q;
                fx = Vector256.FusedMultiplyAdd(weight, vx, fx);
                fy = Vector256.FusedMultiplyAdd(weight, vy, fy);
                if (three) fz = Vector256.FusedMultiplyAdd(weight, vz, fz);
                at = node.Skip;
            }
            else if (node.Count > 0)
            {
                for (int i = node.First; i < node.First + node.Count; i++)
                {
                    var (vx, vy, vz) = (px - Vector256.Create(sx[i]), py - Vector256.Create(sy[i]), pz - Vector256.Create(sz[i]));
                    var distance = Vector256.FusedMultiplyAdd(vx, vx, Vector256.FusedMultiplyAdd(vy, vy, one));
                    if (three) distance = Vector256.FusedMultiplyAdd(vz, vz, distance);
                    var q = one / distance;
                    total += q;
                    q *= q;
                    fx = Vector256.FusedMultiplyAdd(q, vx, fx);
                    fy = Vector256.FusedMultiplyAdd(q, vy, fy);
                    if (three) fz = Vector256.FusedMultiplyAdd(q, vz, fz);
                }
                at = node.Skip;
            }
            else at++;
        }
        double sum = 0;
        for (int lane = 0; lane < count; lane++)
        {
            int point = tree.Order[first + lane];
            (repulsion[0][point], repulsion[1][point], repulsion[2][point]) = (fx[lane], fy[lane], fz[lane]);
            sum += total[lane];
        }
        return sum;
    }

    /// <summary>Centre and half width of the values.</summary>
    private static (float Centre, float Half) Extent(Vector256<float> values)
    {
        float low = values[0], high = low;
        for (int i = 1; i < Lanes; i++) (low, high) = (Math.Min(low, values[i]), Math.Max(high, values[i]));
        return ((low + high) / 2, (high - low) / 2);
    }

    private void Attract(float[][] position, float[][] gradient, int point, float exaggeration, float share)
    {
        int from = affinities.Starts[point], to = affinities.Starts[point + 1], e = from;
        float[] ps = affinities.Values, xs = position[0], ys = position[1], zs = position[dimensions - 1];
        bool three = dimensions == 3;
        int[] columns = affinities.Columns;
        float x = xs[point], y = ys[point], z = zs[point], ax, ay, az;
        Vector256<float> fx = default, fy = default, fz = default, one = Vector256<float>.One;
        for (; e <= to - Lanes; e += Lanes)
        {
            var others = Vector256.LoadUnsafe(ref columns[e]);
            var (vx, vy) = (Vector256.Create(x) - Gather(xs, others), Vector256.Create(y) - Gather(ys, others));
            var distance = Vector256.FusedMultiplyAdd(vx, vx, Vector256.FusedMultiplyAdd(vy, vy, one));
            var vz = three ? Vector256.Create(z) - Gather(zs, others) : default;
            if (three) distance = Vector256.FusedMultiplyAdd(vz, vz, distance);
            var weight = Vector256.LoadUnsafe(ref ps[e]) / distance;
            fx = Vector256.FusedMultiplyAdd(weight, vx, fx);
            fy = Vector256.FusedMultiplyAdd(weight, vy, fy);
            if (three) fz = Vector256.FusedMultiplyAdd(weight, vz, fz);
        }
        (ax, ay, az) = (Vector256.Sum(fx), Vector256.Sum(fy), Vector256.Sum(fz));
        for (; e < to; e++)
        {
            int other = columns[e];
            float vx = x - xs[other], vy = y - ys[other], vz = three ? z - zs[other] : 0, weight = ps[e] / (1 + vx * vx + vy * vy + vz * vz);
            (ax, ay, az) = (ax + weight * vx, ay + weight * vy, az + weight * vz);
        }
        gradient[0][point] = 4 * (exaggeration * ax - share * repulsion[0][point]);
        gradient[1][point] = 4 * (exaggeration * ay - share * repulsion[1][point]);
        if (three) gradient[2][point] = 4 * (exaggeration * az - share * repulsion[2][point]);
    }

    private static unsafe Vector256<float> Gather(float[] values, Vector256<int> places)
    {
        if (!Avx2.IsSupported) return Vector256.Create(values[places[0]], values[places[1]], values[places[2]], values[places[3]], values[places[4]], values[places[5]], values[places[6]], values[places[7]]);
        fixed (float* first = values) return Avx2.GatherVector256(first, places, sizeof(float)); // columns are below the number of points by construction
    }

    /// <summary>The part of the cost that depends on the distances: the sum of p * log(1 + distance squared).</summary>
    private double Cost(float[][] position, int from, int to)
    {
        double cost = 0;
        for (int i = from; i < to; i++)
            for (int e = affinities.Starts[i]; e < affinities.Starts[i + 1]; e++)
            {
                double squared = 1;
                for (int d = 0; d < dimensions; d++)
                {
                    double difference = position[d][i] - position[d][affinities.Columns[e]];
                    squared += difference * difference;
                }
                cost += affinities.Values[e] * Math.Log(squared);
            }
        return cost;
    }
}
