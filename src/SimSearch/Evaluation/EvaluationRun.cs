using System.Runtime.InteropServices;
using SimSearch.Datasets;
using SimSearch.Embedding;
using SimSearch.Indexing;

namespace SimSearch.Evaluation;

/// <summary>One evaluation under way: which queries, what each ranking gave, and the report that is made of it.</summary>
internal sealed partial class EvaluationRun
{
    private readonly VectorMatrix gallery, queries;
    private readonly IReadOnlyList<Item> galleryItems, queryItems;
    private readonly Metric metric;
    private readonly EvaluationOptions options;
    private readonly IProgress<Progress>? progress;
    private readonly CancellationToken cancellation;
    private readonly bool leaveOneOut;
    private readonly int[] ks;
    private readonly int[] asked;
    private readonly Relevance relevance;
    private readonly PerQueryFigures figures;
    private long excludedPairs, done;

    public EvaluationRun(
        VectorMatrix gallery, IReadOnlyList<Item> galleryItems, VectorMatrix? queries, IReadOnlyList<Item>? queryItems, Metric metric,
        EvaluationOptions options, IProgress<Progress>? progress, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(gallery);
        ArgumentNullException.ThrowIfNull(galleryItems);
        if (queries is null != queryItems is null) throw new ArgumentException("query vectors and query items belong together: give both, or neither for leave-one-out", nameof(queryItems));
        leaveOneOut = queries is null;
        (this.gallery, this.galleryItems, this.queries, this.queryItems) = (gallery, galleryItems, queries ?? gallery, queryItems ?? galleryItems);
        (this.metric, this.options, this.progress, this.cancellation) = (metric, options, progress, cancellation);
        Check();
        ks = [.. options.Ks.Distinct().Order()];
        asked = [.. Enumerable.Range(0, this.queryItems.Count).Where(q => this.queryItems[q].Labels.Count > 0)];
        if (asked.Length == 0)
            throw new SimSearchException($"none of the {this.queryItems.Count} queries has a label, so nothing can be judged; embed a data set with labels (class folders, or --label-column)");
        relevance = new Relevance(galleryItems, leaveOneOut, options);
        Width = (int)Math.Clamp(gallery.Rows, 1, Math.Max(ks[^1], options.HubnessK));
        if ((long)asked.Length * Width > 1 << 28) throw new SimSearchException($"{asked.Length} queries with k={Width} are more than one report can hold; lower k or ask fewer queries");
        figures = new PerQueryFigures(asked.Length, ks, Width);
    }

    /// <summary>Neighbours kept per query.</summary>
    public int Width { get; }

    private int Threads => options.Threads > 0 ? options.Threads : Environment.ProcessorCount;

    /// <summary>Ranks the whole gallery for every query.</summary>
    public void RankExactly()
    {
        int size = Ranking.BlockSize(gallery.Rows), blocks = (asked.Length + size - 1) / size;
        var parallel = new ParallelOptions { MaxDegreeOfParallelism = Threads, CancellationToken = cancellation };
        Errors.Unwrapped(() => Parallel.For(0, blocks, parallel, () => (Ranking: new Ranking(gallery, metric), Vectors: new float[size * gallery.Dimension], Hits: new HitFinder(gallery.Rows)), (block, _, own) =>
        {
            int first = block * size, count = Math.Min(size, asked.Length - first);
            for (int i = 0; i < count; i++) queries.Row(asked[first + i]).CopyTo(own.Vectors.AsSpan(i * gallery.Dimension));
            own.Ranking.Score(own.Vectors.AsSpan(0, count * gallery.Dimension), asked[first], cancellation);
            for (int i = 0; i < count; i++)
            {
                var view = relevance.View(queryItems[asked[first + i]], asked[first + i]);
                var ranking = own.Ranking.Sorted(i, view.IsExcluded, out var keys);
                Read(first + i, view, ranking, keys, own.Hits);
            }
            Report(count);
            return own;
        }, _ => { }));
    }

    private void Read(int query, Relevance.QueryView view, ReadOnlySpan<int> ranking, ReadOnlySpan<double> keys, HitFinder finder)
    {
        finder.Mark(view.RelevantRows);
        for (int i = 0; i < ranking.Length && finder.Hits.Count < view.RelevantRows.Length; i++) finder.Look(ranking[i], i + 1);
        int near = Math.Min(Width, ranking.Length);
        var rows = figures.Rows.AsSpan(query * Width, Width);
        rows.Fill(-1);
        for (int i = 0; i < near; i++)
        {
            rows[i] = ranking[i];
            figures.Scores[query * Width + i] = ExactScorer.ScoreOf(keys[i], metric);
        }
        Set(query, view, rows[..near], finder.Hits);
    }

    private void Set(int query, Relevance.QueryView view, ReadOnlySpan<long> nearest, List<int> hits)
    {
        Span<int> labels = nearest.Length <= 256 ? stackalloc int[nearest.Length] : new int[nearest.Length];
        for (int i = 0; i < labels.Length; i++) labels[i] = relevance.FirstLabels[nearest[i]];
        figures.Set(query, CollectionsMarshal.AsSpan(hits), view.RelevantRows.Length, labels, view.FirstLabel);
        Interlocked.Add(ref excludedPairs, view.ExcludedCount);
    }

    private void Report(int count) => progress?.Report(new Progress("evaluating", Interlocked.Add(ref done, count), asked.Length));

    private void Check()
    {
        if (gallery.Rows != galleryItems.Count || queries.Rows != queryItems.Count)
            throw new ArgumentException($"there must be one item per vector: {gallery.Rows} vectors and {galleryItems.Count} items in the gallery, {queries.Rows} and {queryItems.Count} queries");
        if (gallery.Dimension != queries.Dimension)
            throw new VectorException($"the queries have {queries.Dimension} dimensions, the gallery has {gallery.Dimension}; embed both with the same embedder");
        if (options.Ks.Count == 0 || options.Ks.Any(k => k < 1)) throw new ArgumentException($"ks='{string.Join(",", options.Ks)}' must be one or more ranks of 1 or more, such as 1,5,10", "options");
        if (options.HubnessK < 1) throw new ArgumentException($"HubnessK={options.HubnessK} must be 1 or more", "options");
        if (options.Depth < 1) throw new ArgumentException($"Depth={options.Depth} must be 1 or more", "options");
    }

    /// <summary>Collects the ranks of relevant rows, query after query, without a set of its own for each.</summary>
    private sealed class HitFinder(long rows)
    {
        private readonly int[] markOf = new int[rows];
        private int mark;

        /// <summary>Ranks found since the last <see cref="Mark"/>.</summary>
        public List<int> Hits { get; } = [];

        public void Mark(int[] relevantRows)
        {
            mark++;
            Hits.Clear();
            foreach (int row in relevantRows) markOf[row] = mark;
        }

        public void Look(long row, int rank)
        {
            if (markOf[row] == mark) Hits.Add(rank);
        }
    }
}
