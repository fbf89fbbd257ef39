using SimSearch.Embedding;
using SimSearch.Indexing;

namespace SimSearch.Evaluation;

internal sealed partial class EvaluationRun
{
    private const int IndexBlockValues = 1 << 22;

    /// <summary>Ranks what an approximate index returns, and compares its nearest with the exact ones.</summary>
    /// <param name="index">The index over the gallery.</param>
    /// <param name="depth">Neighbours to ask for.</param>
    /// <returns>ANN recall, [k][query].</returns>
    public double[][] RankByIndex(VectorIndex index, int depth)
    {
        var annRecall = ks.Select(_ => new double[asked.Length]).ToArray();
        var finder = new HitFinder(gallery.Rows);
        int step = Math.Clamp(IndexBlockValues / Math.Max(depth, gallery.Dimension), 1, 4096);
        for (int first = 0; first < asked.Length; first += step)
        {
            cancellation.ThrowIfCancellationRequested();
            int start = first, count = Math.Min(step, asked.Length - first);
            using var block = VectorMatrix.Allocate(count, gallery.Dimension);
            for (int i = 0; i < count; i++) queries.Row(asked[first + i]).CopyTo(block.WritableRows(i, 1));
            var views = new Relevance.QueryView[count];
            for (int i = 0; i < count; i++) views[i] = relevance.View(queryItems[asked[start + i]], asked[start + i]);
            bool Excluded(long query, long row) => views[query].IsExcluded(row);
            var (rows, scores) = index.Nearest(block, depth, Excluded, options.Parameters, cancellation);
            var exact = ExactSearch.Search(gallery, block, Width, metric, new ExactSearchOptions { Exclude = Excluded, Threads = Threads }, cancellation);
            for (int i = 0; i < count; i++)
            {
                var found = rows.AsSpan(i * depth, depth);
                if (found.IndexOf(-1L) is >= 0 and var end) found = found[..end];
                Read(start + i, views[i], found, scores.AsSpan(i * depth), finder);
                for (int k = 0; k < ks.Length; k++) annRecall[k][start + i] = AnnRecall.AtK(gallery, block.Row(i), metric, found, exact.RowsOf(i), exact.ScoresOf(i), ks[k]);
            }
            Report(count);
        }
        return annRecall;
    }

    private void Read(int query, Relevance.QueryView view, ReadOnlySpan<long> found, ReadOnlySpan<float> scores, HitFinder finder)
    {
        finder.Mark(view.RelevantRows);
        for (int i = 0; i < found.Length; i++) finder.Look(found[i], i + 1);
        int near = Math.Min(Width, found.Length);
        var rows = figures.Rows.AsSpan(query * Width, Width);
        rows.Fill(-1);
        found[..near].CopyTo(rows);
        scores[..near].CopyTo(figures.Scores.AsSpan(query * Width, Width));
        Set(query, view, rows[..near], finder.Hits);
    }
}
