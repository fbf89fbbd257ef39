using System.Globalization;
using System.Numerics.Tensors;

namespace SimSearch.Charts;

public sealed partial record Chart
{
    /// <summary>How far a few vectors are from each other: a table of Euclidean distances, light where two are near.</summary>
    /// <param name="title">One line that says what is shown.</param>
    /// <param name="items">Name and vector of each; finite, all of one length.</param>
    /// <exception cref="ArgumentException">The vectors are not equally long, or hold values that are not finite.</exception>
    public static Chart Distances(string title, params IReadOnlyList<(string Name, float[] Vector)> items)
    {
        int n = items.Count;
        var distances = new float[n * n];
        for (int i = 0; i < n; i++)
            for (int j = 0; j < n; j++)
            {
                if (items[i].Vector.Length != items[j].Vector.Length || items[i].Vector.Length == 0)
                    throw new ArgumentException($"'{items[i].Name}' has {items[i].Vector.Length} values and '{items[j].Name}' {items[j].Vector.Length}; vectors that are compared must be equally long and not empty", nameof(items));
                float distance = TensorPrimitives.Distance<float>(items[i].Vector, items[j].Vector);
                if (!float.IsFinite(distance)) throw new ArgumentException($"the distance of '{items[i].Name}' and '{items[j].Name}' is {distance}; leave out what is not finite", nameof(items));
                distances[i * n + j] = distance;
            }
        float largest = distances.DefaultIfEmpty(0).Max();
        string format = largest >= 100 ? "0" : largest >= 10 ? "0.0" : "0.00";
        var grid = new HeatmapSeries("Distance", distances, n, n) { ColourMin = 0, ColourMax = Math.Max(largest, 1e-9), Colours = ColourMap.Accent, CellText = [.. distances.Select(d => d.ToString(format, CultureInfo.InvariantCulture))] };
        var axis = new ChartAxis("", "") { Categories = [.. items.Select(item => item.Name)] };
        return new(title, axis, axis, grid) { Height = Math.Clamp(200 + 34 * n, 280, 900) };
    }
}
