using System.Text.Json.Nodes;
using SimSearch.Datasets;

namespace SimSearch.Embedding;

/// <summary>New embeddings from embeddings: some of the rows, or all of them changed by a step. The vectors are copied.</summary>
public static class EmbeddingViews
{
    extension(Embeddings embeddings)
    {
        /// <summary>Rows that follow each other.</summary>
        /// <param name="start">First row, 0 to Count.</param>
        /// <param name="count">How many; they must be there.</param>
        /// <exception cref="ArgumentOutOfRangeException">The rows do not exist.</exception>
        public Embeddings Slice(long start, int count)
        {
            var vectors = VectorMatrix.Allocate(count, embeddings.Dimension);
            embeddings.Vectors.RowRange(start, count).CopyTo(vectors.WritableRows(0, count));
            return new(vectors, [.. embeddings.Items.Skip((int)start).Take(count)], embeddings.EmbedderName, embeddings.Fingerprint, embeddings.Root, embeddings.EmbedderJson);
        }

        /// <summary>Every second, third ... row, so that no more than a number of them are left; all when there are no more.</summary>
        /// <param name="most">Most rows, 1 or more.</param>
        public Embeddings Thinned(int most)
        {
            ArgumentOutOfRangeException.ThrowIfLessThan(most, 1);
            int step = (int)((embeddings.Count + most - 1) / most);
            return embeddings.Chosen([.. Enumerable.Range(0, embeddings.Items.Count).Where(row => row % Math.Max(1, step) == 0)]);
        }

        /// <summary>The rows whose item meets a condition, in the same order.</summary>
        /// <param name="condition">Says which items stay.</param>
        public Embeddings Where(Func<Item, bool> condition)
        {
            ArgumentNullException.ThrowIfNull(condition);
            return embeddings.Chosen([.. Enumerable.Range(0, embeddings.Items.Count).Where(row => condition(embeddings.Items[row]))]);
        }

        /// <summary>The mean of all vectors, [1 x Dimension]: a typical one, to search for.</summary>
        /// <exception cref="InvalidOperationException">There is no vector.</exception>
        public VectorMatrix Mean()
        {
            if (embeddings.Count == 0) throw new InvalidOperationException("there is no vector to take the mean of");
            return VectorMatrix.FromArray([.. ColumnStatistics.Mean(embeddings.Vectors).Select(value => (float)value)], embeddings.Dimension);
        }

        private Embeddings Chosen(int[] kept)
        {
            var vectors = VectorMatrix.Allocate(kept.Length, embeddings.Dimension);
            for (int row = 0; row < kept.Length; row++) embeddings.Vectors.Row(kept[row]).CopyTo(vectors.WritableRows(row, 1));
            return new(vectors, [.. kept.Select(row => embeddings.Items[row])], embeddings.EmbedderName, embeddings.Fingerprint, embeddings.Root, embeddings.EmbedderJson);
        }

        /// <summary>
        /// Every vector through a step: reduced by a fitted <see cref="Pca"/>, scaled to length 1 by <see cref="UnitBlocks"/>. They get a fingerprint of their own, so they are never compared with
        /// those they came from; and they do not know their embedder, so files cannot be embedded with them (<see cref="AudioEmbedder.With"/> makes an embedder that can).
        /// </summary>
        /// <param name="step">A step with its numbers, for vectors of this length.</param>
        /// <exception cref="ArgumentException">The step takes vectors of another length.</exception>
        public Embeddings Through(IFittedStep step)
        {
            ArgumentNullException.ThrowIfNull(step);
            if (step.InputDimension != embeddings.Dimension) throw new ArgumentException($"the {step.Kind} takes vectors of {step.InputDimension}, these have {embeddings.Dimension} numbers", nameof(step));
            var vectors = VectorMatrix.Allocate(embeddings.Count, step.OutputDimension);
            for (long row = 0; row < embeddings.Count; row++) step.Apply(embeddings.Vectors.Row(row), vectors.WritableRows(row, 1));
            string fingerprint = Canonical.Hash(new JsonObject { ["from"] = embeddings.Fingerprint, ["step"] = step.ToJson() });
            return new(vectors, embeddings.Items, $"{embeddings.EmbedderName}, {step.Kind}", fingerprint, embeddings.Root);
        }
    }
}
