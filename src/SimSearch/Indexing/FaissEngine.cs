using System.Globalization;
using SimSearch.Embedding;
using SimSearch.Faiss;

namespace SimSearch.Indexing;

/// <summary>
/// A FAISS index whose labels are the order of arrival, and which row of the gallery each label is now. Removing a row only forgets its label:
/// some kinds of index (HNSW) cannot remove at all, and the others would renumber.
/// </summary>
internal sealed class FaissEngine : IDisposable
{
    private const int BlockValues = 1 << 22;
    private const int EnoughPerCluster = 39; // FAISS's own rule of thumb

    private static readonly Lock ThreadsGate = new();

    private readonly Metric metric;
    private long[] rowOfLabel;

    private FaissEngine(FaissIndex faiss, Metric metric, long[] rowOfLabel) => (Faiss, this.metric, this.rowOfLabel) = (faiss, metric, rowOfLabel);

    public FaissIndex Faiss { get; }

    /// <summary>Says that there were few vectors to train on; null when there were enough, or nothing was trained here.</summary>
    public string? TrainingNote { get; private init; }

    /// <summary>Labels whose row was removed.</summary>
    public long Dead { get; private set; }

    /// <summary>Rows of the labels, -1 for a removed one; null when label and row are the same throughout.</summary>
    public long[]? LabelMap => Dead == 0 && IsIdentity(rowOfLabel) ? null : rowOfLabel;

    /// <summary>Makes an index of a whole gallery.</summary>
    public static FaissEngine Build(VectorMatrix vectors, string factory, Metric metric, IndexOptions options, IProgress<Progress>? progress, CancellationToken cancellation)
    {
        FaissEngine Build() => BuildWithThreadsAsSet(vectors, factory, metric, options, progress, cancellation);
        return options.Threads <= 0 ? Build() : WithThreads(options.Threads, Build);
    }

    /// <summary>Runs work of FAISS on so many threads.</summary>
    public static T WithThreads<T>(int count, Func<T> work)
    {
        // FAISS's number of threads is one for the whole process: those that want their own take turns, or they would undo each other's.
        lock (ThreadsGate)
        {
            int threads = FaissRuntime.Threads;
            try
            {
                FaissRuntime.Threads = count;
                return work();
            }
            finally
            {
                FaissRuntime.Threads = threads;
            }
        }
    }

    private static FaissEngine BuildWithThreadsAsSet(VectorMatrix vectors, string factory, Metric metric, IndexOptions options, IProgress<Progress>? progress, CancellationToken cancellation)
    {
        var faiss = FaissIndex.Create(vectors.Dimension, factory, FaissMetricOf(metric));
        try
        {
            string? note = null;
            if (!faiss.IsTrained)
            {
                progress?.Report(new Progress("training the index", 0, 0, factory));
                var training = TrainingSet(vectors, metric, options);
                faiss.Train(training, cancellation);
                // FAISS says the same on stderr, once for every part of a code; the native library keeps it quiet.
                long count = training.Length / vectors.Dimension, enough = EnoughPerCluster * faiss.FewestToTrain;
                if (count < enough && faiss.FewestToTrain > 1)
                    note = string.Create(CultureInfo.InvariantCulture, $"{count} vectors are few for what {factory} learns from them: {enough} or more are better. Look at the ANN recall, or choose fewer clusters (IVF<n>), shorter codes, or Flat");
            }
            var engine = new FaissEngine(faiss, metric, []) { TrainingNote = note };
            engine.Add(vectors, 0, progress, cancellation);
            return engine;
        }
        catch
        {
            faiss.Dispose();
            throw;
        }
    }

    /// <summary>Takes over an index that was read from a file.</summary>
    /// <param name="faiss">The index.</param>
    /// <param name="metric">What its distances mean.</param>
    /// <param name="labelMap">Row of each label, or null for the same numbers.</param>
    public static FaissEngine Wrap(FaissIndex faiss, Metric metric, long[]? labelMap)
    {
        long[] rows = labelMap ?? Identity(faiss.Count);
        return new FaissEngine(faiss, metric, rows) { Dead = rows.LongCount(row => row < 0) };
    }

    /// <summary>Whether the index and the map of its labels fit the gallery; called once, on what came from a file.</summary>
    public void Check(long rows, int dimension, string folder)
    {
        if (Faiss.Dimension != dimension || Faiss.Metric != FaissMetricOf(metric) || Faiss.Count != rowOfLabel.Length)
            throw new IndexFormatException($"{folder}: index.faiss holds {Faiss.Count} vectors of {Faiss.Dimension} for {Faiss.Metric}, which does not fit the other files; build the index again");
        var seen = new bool[rows];
        foreach (long row in rowOfLabel)
        {
            if (row < 0) continue;
            if (row >= rows || seen[row]) throw new IndexFormatException($"{folder}: rows.npy names row {row} twice or beyond the {rows} there are; build the index again");
            seen[row] = true;
        }
        if (rowOfLabel.Length - Dead != rows) throw new IndexFormatException($"{folder}: rows.npy names {rowOfLabel.Length - Dead} rows of {rows}; build the index again");
    }

    public static FaissMetric FaissMetricOf(Metric metric) => metric == Metric.L2 ? FaissMetric.L2 : FaissMetric.InnerProduct;

    /// <summary>Adds the rows of a matrix from <paramref name="firstRow"/> on; they are the rows of the gallery too.</summary>
    public void Add(VectorMatrix vectors, long firstRow, IProgress<Progress>? progress, CancellationToken cancellation)
    {
        int step = Math.Max(1, BlockValues / vectors.Dimension), before = rowOfLabel.Length;
        float[] buffer = [];
        Array.Resize(ref rowOfLabel, checked((int)(before + vectors.Rows - firstRow)));
        for (int label = before; label < rowOfLabel.Length; label++) rowOfLabel[label] = firstRow + label - before;
        try
        {
            for (long row = firstRow; row < vectors.Rows; row += step)
            {
                int count = (int)Math.Min(step, vectors.Rows - row);
                var block = Prepared(vectors.RowRange(row, count), vectors.Dimension, ref buffer);
                long label = before + row - firstRow;
                if (Faiss.HasOwnIds) Faiss.AddWithIds(block, [.. Enumerable.Range(0, count).Select(i => label + i)], cancellation);
                else Faiss.Add(block, cancellation);
                progress?.Report(new Progress("adding to the index", row + count - firstRow, vectors.Rows - firstRow));
            }
        }
        catch
        {
            // What FAISS took in before it failed (out of memory, say) cannot be taken out of every kind of index: it is dead from the start.
            Array.Resize(ref rowOfLabel, (int)Faiss.Count);
            rowOfLabel.AsSpan(before).Fill(-1);
            Dead = rowOfLabel.LongCount(row => row < 0);
            throw;
        }
    }

    /// <summary>Forgets rows and closes the gaps in the numbering.</summary>
    /// <param name="newRow">For each old row its new one, -1 for a removed one.</param>
    public void Renumber(ReadOnlySpan<long> newRow)
    {
        for (int label = 0; label < rowOfLabel.Length; label++)
            if (rowOfLabel[label] >= 0) rowOfLabel[label] = newRow[(int)rowOfLabel[label]];
        Dead = rowOfLabel.LongCount(row => row < 0);
    }

    /// <summary>
    /// The k nearest rows of every query that are neither removed nor excluded: when too few of the neighbours fetched may stay, four times as many are
    /// fetched for that query, until its list is full or the index gives no more.
    /// </summary>
    /// <param name="queries">[n x d].</param>
    /// <param name="k">Neighbours per query.</param>
    /// <param name="exclude">(query, row) to leave out, or null.</param>
    /// <param name="cancellation">Stops between blocks.</param>
    public (long[] Rows, float[] Scores) Search(VectorMatrix queries, int k, Func<long, long, bool>? exclude, CancellationToken cancellation)
    {
        int n = (int)queries.Rows;
        var rows = new long[n * k];
        var scores = new float[n * k];
        rows.AsSpan().Fill(-1);
        scores.AsSpan().Fill(metric == Metric.L2 ? float.PositiveInfinity : float.NegativeInfinity);
        if (rowOfLabel.Length == 0) return (rows, scores);
        int[] wanting = [.. Enumerable.Range(0, n)];
        long fetch = Math.Min(rowOfLabel.Length, k + Math.Min(Dead, k) + (exclude is null ? 0 : 1));
        while (wanting.Length > 0)
        {
            wanting = SearchOnce(queries, wanting, (int)fetch, k, exclude, rows, scores, cancellation);
            fetch = Math.Min(rowOfLabel.Length, fetch * 4);
        }
        return (rows, scores);
    }

    /// <summary>All rows nearer than a radius, nearest first, that are neither removed nor excluded.</summary>
    public (long Row, float Score)[][] RangeSearch(VectorMatrix queries, float radius, Func<long, long, bool>? exclude, CancellationToken cancellation)
    {
        var found = new (long, float)[queries.Rows][];
        int step = Math.Max(1, BlockValues / queries.Dimension);
        float[] buffer = [];
        for (long first = 0; first < queries.Rows; first += step)
        {
            int count = (int)Math.Min(step, queries.Rows - first);
            var result = Faiss.RangeSearch(Prepared(queries.RowRange(first, count), queries.Dimension, ref buffer), radius, cancellation);
            for (int q = 0; q < count; q++)
            {
                var list = new List<(long Row, float Score)>();
                for (long at = result.Offsets[q]; at < result.Offsets[q + 1]; at++)
                {
                    long row = RowOf(result.Ids[at]);
                    if (row >= 0 && exclude?.Invoke(first + q, row) != true) list.Add((row, result.Distances[at]));
                }
                found[first + q] = [.. list.OrderBy(hit => metric == Metric.L2 ? hit.Score : -hit.Score).ThenBy(hit => hit.Row)];
            }
        }
        return found;
    }

    public void Dispose() => Faiss.Dispose();

    private int[] SearchOnce(
        VectorMatrix queries, int[] asked, int fetch, int k, Func<long, long, bool>? exclude, long[] rows, float[] scores, CancellationToken cancellation)
    {
        int d = queries.Dimension, step = Math.Clamp(BlockValues / Math.Max(fetch, d), 1, 4096);
        var vectors = new float[Math.Min(step, asked.Length) * d];
        var distances = new float[Math.Min(step, asked.Length) * fetch];
        var labels = new long[distances.Length];
        var wanting = new List<int>();
        for (int first = 0; first < asked.Length; first += step)
        {
            int count = Math.Min(step, asked.Length - first);
            for (int i = 0; i < count; i++) Prepare(queries.Row(asked[first + i]), vectors.AsSpan(i * d, d));
            Faiss.Search(vectors.AsSpan(0, count * d), fetch, distances.AsSpan(0, count * fetch), labels.AsSpan(0, count * fetch), cancellation);
            for (int i = 0; i < count; i++)
            {
                int query = asked[first + i];
                bool full = Keep(query, labels.AsSpan(i * fetch, fetch), distances.AsSpan(i * fetch, fetch), exclude, rows.AsSpan(query * k, k), scores.AsSpan(query * k, k));
                bool mayGiveMore = fetch < rowOfLabel.Length && labels[i * fetch + fetch - 1] >= 0;
                if (!full && mayGiveMore) wanting.Add(query);
            }
        }
        return [.. wanting];
    }

    private bool Keep(long query, ReadOnlySpan<long> labels, ReadOnlySpan<float> distances, Func<long, long, bool>? exclude, Span<long> rows, Span<float> scores)
    {
        int kept = 0;
        for (int i = 0; i < labels.Length && kept < rows.Length; i++)
        {
            if (labels[i] < 0) continue;
            long row = RowOf(labels[i]);
            if (row < 0 || exclude?.Invoke(query, row) == true) continue;
            // FAISS orders equal distances as they come; here the lower row goes first.
            int at = kept++;
            for (; at > 0 && scores[at - 1] == distances[i] && rows[at - 1] > row; at--) rows[at] = rows[at - 1];
            rows[at] = row;
            scores[kept - 1] = distances[i];
        }
        return kept == rows.Length;
    }

    private long RowOf(long label) => (ulong)label < (ulong)rowOfLabel.Length
        ? rowOfLabel[label]
        : throw new IndexFormatException($"the FAISS index returned label {label}, but its labels must run from 0 to {rowOfLabel.Length - 1}; build it anew from the vectors");

    private ReadOnlySpan<float> Prepared(ReadOnlySpan<float> vectors, int dimension, ref float[] buffer)
    {
        if (metric != Metric.Cosine) return vectors;
        if (buffer.Length < vectors.Length) buffer = new float[vectors.Length];
        for (int i = 0; i < vectors.Length; i += dimension) UnitVector.Write(vectors.Slice(i, dimension), buffer.AsSpan(i, dimension));
        return buffer.AsSpan(0, vectors.Length);
    }

    private void Prepare(ReadOnlySpan<float> vector, Span<float> target)
    {
        if (metric == Metric.Cosine) UnitVector.Write(vector, target);
        else vector.CopyTo(target);
    }

    /// <summary>The vectors to train on, as the index will see them: all, or a random choice in their old order.</summary>
    private static float[] TrainingSet(VectorMatrix vectors, Metric metric, IndexOptions options)
    {
        int d = vectors.Dimension;
        int count = (int)Math.Min(vectors.Rows, Math.Min(options.TrainingRows, Array.MaxLength / d));
        var set = new float[count * d];
        var random = new Random(options.Seed);
        long left = vectors.Rows;
        for (int taken = 0, row = 0; taken < count; row++, left--)
        {
            // Selection sampling (Knuth, algorithm S): each of the rows left is taken with the chance that fills the set exactly.
            if (left > count - taken && random.NextDouble() * left >= count - taken) continue;
            var target = set.AsSpan(taken++ * d, d);
            if (metric == Metric.Cosine) UnitVector.Write(vectors.Row(row), target);
            else vectors.Row(row).CopyTo(target);
        }
        return set;
    }

    private static long[] Identity(long count)
    {
        var rows = new long[count];
        for (long i = 0; i < count; i++) rows[i] = i;
        return rows;
    }

    private static bool IsIdentity(long[] rows)
    {
        for (int i = 0; i < rows.Length; i++)
            if (rows[i] != i) return false;
        return true;
    }
}
