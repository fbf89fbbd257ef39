using System.Numerics;

namespace SimSearch.Embedding;

/// <summary>
/// The points of a projection in a quadtree (or octree): sorted along a Z-shaped curve, with the nodes in depth-first order, so that walking over the tree is walking
/// over an array, and leaving a branch out is a jump.
/// </summary>
internal sealed class TsneTree(int points, int dimensions)
{
    private const int LeafSize = 6;
    private readonly int bits = dimensions == 2 ? 31 : 21;
    private readonly ulong[] codes = new ulong[points], otherCodes = new ulong[points];
    private readonly int[] otherOrder = new int[points];

    /// <summary>A part of the plane with points in it.</summary>
    public struct Node
    {
        /// <summary>Centre of mass.</summary>
        public float X, Y, Z;

        /// <summary>Number of points.</summary>
        public float Mass;

        /// <summary>Square of the widest side of the box around the points; -1 when they cannot be told apart and so always count as one.</summary>
        public float SquaredWidth;

        /// <summary>The node after this one and all below it.</summary>
        public int Skip;

        /// <summary>First point of a leaf, in sorted order.</summary>
        public int First;

        /// <summary>Number of points of a leaf; 0 for a node with others below it.</summary>
        public int Count;
    }

    /// <summary>Number of the point at each place of the sorted order.</summary>
    public int[] Order { get; } = new int[points];

    /// <summary>Coordinates in sorted order, one array for each of three dimensions, with room for one vector more; the third stays 0 in two.</summary>
    public float[][] Sorted { get; } = [new float[points + 16], new float[points + 16], new float[points + 16]];

    /// <summary>The nodes in depth-first order.</summary>
    public Node[] Nodes { get; private set; } = new Node[Math.Max(16, points)];

    /// <summary>How many of <see cref="Nodes"/> are in use.</summary>
    public int NodeCount { get; private set; }

    /// <summary>Builds the tree anew.</summary>
    /// <param name="position">Coordinates, one array of [points] for each dimension; finite.</param>
    public void Build(float[][] position)
    {
        Encode(position);
        Sort();
        for (int d = 0; d < dimensions; d++)
        {
            var (from, to) = (position[d], Sorted[d]);
            for (int i = 0; i < points; i++) to[i] = from[Order[i]];
            // What lies beyond the last point repeats it, so that the last group is as small as the others.
            to.AsSpan(points).Fill(to[points - 1]);
        }
        NodeCount = 0;
        Build(0, points, dimensions * bits);
    }

    private void Encode(float[][] position)
    {
        double low = double.PositiveInfinity, high = double.NegativeInfinity;
        double[] lows = new double[dimensions];
        double width = 0;
        for (int d = 0; d < dimensions; d++)
        {
            (low, high) = (double.PositiveInfinity, double.NegativeInfinity);
            foreach (float value in position[d].AsSpan(0, points)) (low, high) = (Math.Min(low, value), Math.Max(high, value));
            (lows[d], width) = (low, Math.Max(width, high - low));
        }
        double scale = width > 0 ? ((1L << bits) - 1) / width : 0;
        for (int i = 0; i < points; i++)
        {
            ulong code = 0;
            for (int d = 0; d < dimensions; d++)
            {
                ulong cell = (ulong)((position[d][i] - lows[d]) * scale);
                code |= (dimensions == 2 ? Spread2(cell) : Spread3(cell)) << d;
            }
            (codes[i], Order[i]) = (code, i);
        }
    }

    /// <summary>Radix sort, stable: equal codes stay in the order of their numbers.</summary>
    private void Sort()
    {
        const int digit = 11, size = 1 << digit;
        Span<int> counts = stackalloc int[size];
        var (keys, values, toKeys, toValues) = (codes, Order, otherCodes, otherOrder);
        for (int shift = 0; shift < 64; shift += digit)
        {
            counts.Clear();
            foreach (ulong key in keys) counts[(int)(key >> shift) & (size - 1)]++;
            if (counts[(int)(keys[0] >> shift) & (size - 1)] == points) continue;
            int sum = 0;
            foreach (ref int count in counts) (sum, count) = (sum + count, sum);
            for (int i = 0; i < points; i++)
            {
                int at = counts[(int)(keys[i] >> shift) & (size - 1)]++;
                (toKeys[at], toValues[at]) = (keys[i], values[i]);
            }
            (keys, values, toKeys, toValues) = (toKeys, toValues, keys, values);
        }
        if (ReferenceEquals(keys, codes)) return;
        keys.CopyTo(codes, 0);
        values.CopyTo(Order, 0);
    }

    private readonly record struct Content(double X, double Y, double Z, Vector3 Low, Vector3 High);

    private Content Build(int first, int end, int bitsLeft)
    {
        if (NodeCount == Nodes.Length)
        {
            var larger = Nodes;
            Array.Resize(ref larger, 2 * larger.Length);
            Nodes = larger;
        }
        int number = NodeCount++;
        // Levels at which all points fall into one child are left out.
        ulong differing = codes[first] ^ codes[end - 1];
        bool alike = differing == 0 && end - first > 1;
        int level = differing == 0 ? 0 : Math.Min(bitsLeft, (63 - BitOperations.LeadingZeroCount(differing)) / dimensions * dimensions + dimensions);
        Content content;
        bool leaf = end - first <= LeafSize || level == 0;
        if (leaf) content = Leaf(first, end);
        else
        {
            content = new Content(0, 0, 0, new Vector3(float.PositiveInfinity), new Vector3(float.NegativeInfinity));
            int shift = level - dimensions;
            for (int start = first; start < end;)
            {
                ulong child = codes[start] >> shift;
                int stop = After(start, end, shift, child);
                var part = Build(start, stop, shift);
                content = new Content(content.X + part.X, content.Y + part.Y, content.Z + part.Z, Vector3.Min(content.Low, part.Low), Vector3.Max(content.High, part.High));
                start = stop;
            }
        }
        int mass = end - first;
        var size = content.High - content.Low;
        float width = Math.Max(size.X, Math.Max(size.Y, size.Z));
        Nodes[number] = new Node
        {
            X = (float)(content.X / mass), Y = (float)(content.Y / mass), Z = (float)(content.Z / mass), Mass = mass, SquaredWidth = alike ? -1 : width * width,
            Skip = NodeCount, First = first, Count = leaf ? mass : 0,
        };
        return content;
    }

    private Content Leaf(int first, int end)
    {
        double x = 0, y = 0, z = 0;
        Vector3 low = new(float.PositiveInfinity), high = new(float.NegativeInfinity);
        for (int i = first; i < end; i++)
        {
            var point = new Vector3(Sorted[0][i], Sorted[1][i], Sorted[2][i]);
            (x, y, z) = (x + point.X, y + point.Y, z + point.Z);
            (low, high) = (Vector3.Min(low, point), Vector3.Max(high, point));
        }
        return new Content(x, y, z, low, high);
    }

    /// <summary>The first place from <paramref name="start"/> on whose code is in another child.</summary>
    private int After(int start, int end, int shift, ulong child)
    {
        int low = start, high = end;
        while (high - low > 1)
        {
            int middle = low + (high - low) / 2;
            if (codes[middle] >> shift == child) low = middle;
            else high = middle;
        }
        return high;
    }

    /// <summary>Puts a zero between all bits of a 31-bit number.</summary>
    private static ulong Spread2(ulong v)
    {
        v = (v | (v << 16)) & 0x0000FFFF0000FFFF;
        v = (v | (v << 8)) & 0x00FF00FF00FF00FF;
        v = (v | (v << 4)) & 0x0F0F0F0F0F0F0F0F;
        v = (v | (v << 2)) & 0x3333333333333333;
        return (v | (v << 1)) & 0x5555555555555555;
    }

    /// <summary>Puts two zeros between all bits of a 21-bit number.</summary>
    private static ulong Spread3(ulong v)
    {
        v = (v | (v << 32)) & 0x001F00000000FFFF;
        v = (v | (v << 16)) & 0x001F0000FF0000FF;
        v = (v | (v << 8)) & 0x100F00F00F00F00F;
        v = (v | (v << 4)) & 0x10C30C30C30C30C3;
        return (v | (v << 2)) & 0x1249249249249249;
    }
}
