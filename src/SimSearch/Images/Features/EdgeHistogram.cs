namespace SimSearch.Images;

/// <summary>
/// Histograms of oriented gradients (HOG; Dalal and Triggs 2005): which way edges run in each cell of an image, made independent of contrast within blocks of 2 x 2 cells.
/// </summary>
/// <param name="Cells">Cells across and down, 2 to 64.</param>
/// <param name="Directions">Bins of direction over half a turn (an edge and its opposite are the same), 2 to 36.</param>
public sealed record EdgeHistogram(int Cells, int Directions)
{
    private const float Clip = 0.2f, Floor = 0.01f;

    /// <summary>Numbers of an image: every 2 x 2 cells that lie together are a block.</summary>
    public int Length => (Cells - 1) * (Cells - 1) * 4 * Directions;

    /// <summary>Throws when a value is out of its range.</summary>
    internal void Check()
    {
        if (Cells is < 2 or > 64 || Directions is < 2 or > 36) throw new ArgumentException($"{Cells} x {Cells} cells of {Directions} directions must be 2 to 64 and 2 to 36");
    }

    /// <summary>Measures the edges of an image.</summary>
    /// <param name="image">At least as many pixels a side as <see cref="Cells"/>.</param>
    /// <param name="edges">Receives [(Cells - 1) x (Cells - 1) blocks x 4 cells x Directions]; each block has a length of at most 1, near 0 where nothing is to be seen.</param>
    /// <remarks>
    /// Gradients are centred differences of each colour's square root, at the border one-sided by repeating it; each pixel takes that of the colour with the largest, and gives its magnitude to the two nearest
    /// directions and the four nearest cells in proportion (bilinear). A block is scaled to length 1, cut at 0.2, scaled again (L2-Hys).
    /// </remarks>
    public void Compute(ImageTensor image, Span<float> edges)
    {
        ArgumentNullException.ThrowIfNull(image);
        Check();
        if (edges.Length != Length) throw new ArgumentException($"the output has room for {edges.Length} values, there are {Length}", nameof(edges));
        if (image.Height < Cells || image.Width < Cells) throw new SimSearchException($"the image has {image}, too few for {Cells} x {Cells} cells");
        float[] cells = CellHistograms(image);
        int at = 0;
        for (int y = 0; y + 1 < Cells; y++)
            for (int x = 0; x + 1 < Cells; x++, at += 4 * Directions)
            {
                var block = edges.Slice(at, 4 * Directions);
                for (int i = 0; i < 4; i++) cells.AsSpan(((y + i / 2) * Cells + x + i % 2) * Directions, Directions).CopyTo(block[(i * Directions)..]);
                Scale(block);
                for (int i = 0; i < block.Length; i++) block[i] = Math.Min(block[i], Clip);
                Scale(block);
            }
    }

    /// <summary>Square roots of the 256 levels as 0 to 1: shadows count more.</summary>
    private static readonly float[] Root = [.. Enumerable.Range(0, 256).Select(v => MathF.Sqrt(v / 255f))];

    private float[] CellHistograms(ImageTensor image)
    {
        var cells = new float[Cells * Cells * Directions];
        int height = image.Height, width = image.Width;
        // Sums are shares of a cell's pixels, so that the size of the image does not count.
        float share = (float)Cells * Cells / ((float)height * width);
        for (int y = 0; y < height; y++)
        {
            var row = image.Row(y);
            ReadOnlySpan<byte> above = image.Row(Math.Max(0, y - 1)), below = image.Row(Math.Min(height - 1, y + 1));
            float cy = Math.Clamp((y + 0.5f) * Cells / height - 0.5f, 0, Cells - 1);
            int y0 = (int)cy, y1 = Math.Min(y0 + 1, Cells - 1);
            float wy = cy - y0;
            for (int x = 0; x < width; x++)
            {
                int left = 3 * Math.Max(0, x - 1), right = 3 * Math.Min(width - 1, x + 1);
                float gx = 0, gy = 0, strength = -1;
                for (int c = 0; c < 3; c++)
                {
                    float dx = Root[row[right + c]] - Root[row[left + c]], dy = Root[below[3 * x + c]] - Root[above[3 * x + c]], square = dx * dx + dy * dy;
                    if (square > strength) (gx, gy, strength) = (dx, dy, square);
                }
                if (strength <= 0) continue;
                float magnitude = MathF.Sqrt(strength) * share, turn = MathF.Atan2(gy, gx) / MathF.PI;
                float direction = (turn < 0 ? turn + 1 : turn) * Directions; // bin i stands for i / Directions of half a turn
                int d0 = (int)direction % Directions, d1 = (d0 + 1) % Directions;
                float wd = direction - MathF.Floor(direction);
                float cx = Math.Clamp((x + 0.5f) * Cells / width - 0.5f, 0, Cells - 1);
                int x0 = (int)cx, x1 = Math.Min(x0 + 1, Cells - 1);
                float wx = cx - x0;
                Add(y0, x0, (1 - wy) * (1 - wx) * magnitude);
                Add(y0, x1, (1 - wy) * wx * magnitude);
                Add(y1, x0, wy * (1 - wx) * magnitude);
                Add(y1, x1, wy * wx * magnitude);

                void Add(int cellY, int cellX, float weight)
                {
                    int start = (cellY * Cells + cellX) * Directions;
                    cells[start + d0] += (1 - wd) * weight;
                    cells[start + d1] += wd * weight;
                }
            }
        }
        return cells;
    }

    private static void Scale(Span<float> block)
    {
        float norm = MathF.Sqrt(System.Numerics.Tensors.TensorPrimitives.SumOfSquares<float>(block) + Floor * Floor);
        System.Numerics.Tensors.TensorPrimitives.Divide(block, norm, block);
    }
}
