using System.Globalization;

namespace SimSearch.Charts;

/// <summary>Chooses tick marks and writes their numbers.</summary>
internal static class AxisTicks
{
    /// <summary>Multiples of 1, 2 or 5 times a power of ten inside a range, about as many as wanted, and two at least where doubles are fine enough.</summary>
    /// <param name="low">Lower end, finite.</param>
    /// <param name="high">Upper end, finite, above <paramref name="low"/>.</param>
    /// <param name="wanted">How many ticks would be good, 1 or more.</param>
    public static List<AxisTick> Linear(double low, double high, int wanted)
    {
        List<AxisTick> ticks = [];
        for (int count = wanted; ticks.Count < 2 && count <= wanted + 8; count++) ticks = Multiples(low, high, Step((high / count) - (low / count)), count);
        return ticks;
    }

    private static List<AxisTick> Multiples(double low, double high, double step, int wanted)
    {
        var ticks = new List<AxisTick>();
        // Counting in whole steps keeps rounding errors of one tick out of the next.
        double first = Math.Ceiling(low / step - 1e-9);
        for (int i = 0; i <= wanted + 1; i++)
        {
            double position = (first + i) * step;
            if (position > high + 1e-9 * step) break;
            ticks.Add(new AxisTick(position == 0 ? 0 : position, Number(position, step)));
        }
        return ticks;
    }

    /// <summary>Powers of ten inside a positive range, with 2 and 5 times them where there are few.</summary>
    public static List<AxisTick> Logarithmic(double low, double high, int wanted)
    {
        int from = (int)Math.Floor(Math.Log10(low)), to = (int)Math.Ceiling(Math.Log10(high));
        double[] factors = to - from <= Math.Max(1, wanted / 3) ? [1, 2, 5] : [1];
        int stride = Math.Max(1, (int)Math.Ceiling((to - from + 1) / (double)(wanted + 1)));
        var ticks = new List<AxisTick>();
        for (int exponent = from; exponent <= to; exponent += stride)
            foreach (double factor in factors)
            {
                double position = factor * Math.Pow(10, exponent);
                if (position >= low * (1 - 1e-9) && position <= high * (1 + 1e-9)) ticks.Add(new AxisTick(position, Number(position, position)));
            }
        return ticks.Count > 0 ? ticks : [new AxisTick(low, Number(low, low)), new AxisTick(high, Number(high, high))];
    }

    /// <summary>The smallest of 1, 2 and 5 times a power of ten that is not below the given distance.</summary>
    private static double Step(double distance)
    {
        double power = Math.Pow(10, Math.Floor(Math.Log10(distance)));
        if (!(power > 0)) return double.Epsilon;
        double ratio = distance / power;
        return power * (ratio <= 1.0000001 ? 1 : ratio <= 2.0000001 ? 2 : ratio <= 5.0000001 ? 5 : 10);
    }

    /// <summary>A number with as many decimals as its neighbours one step away need.</summary>
    public static string Number(double value, double step)
    {
        if (value == 0) return "0";
        double size = Math.Max(Math.Abs(value), Math.Abs(step));
        if (size is >= 1e6 or < 1e-4)
        {
            int digits = Math.Clamp((int)Math.Ceiling(Math.Log10(size / Math.Abs(step)) - 1e-9), 0, 14) + 1;
            return value.ToString($"0.{new string('#', digits)}E+0", CultureInfo.InvariantCulture).Replace("E+", "e", StringComparison.Ordinal).Replace('E', 'e');
        }
        int decimals = Math.Clamp((int)Math.Ceiling(-Math.Log10(Math.Abs(step)) - 1e-9), 0, 10);
        string text = value.ToString("F" + decimals, CultureInfo.InvariantCulture);
        return text.Trim('-', '0', '.').Length == 0 ? "0" : text;
    }

    /// <summary>A number for people: four significant digits.</summary>
    public static string Short(double value) => double.IsFinite(value) ? value.ToString(Math.Abs(value) is >= 1e6 or (< 1e-3 and > 0) ? "0.###E+0" : "G4", CultureInfo.InvariantCulture) : "no value";
}
