namespace SimSearch.Charts;

/// <summary>
/// Colours for a range of values, of evenly growing lightness, so that equal steps look equal, in greyscale and to colour-blind eyes too.
/// Straight lines between ten stops of matplotlib's maps (public domain, CC0), which stay within 6 of 255 of the full tables.
/// </summary>
public sealed class ColourMap
{
    private readonly uint[] stops;

    private ColourMap(string name, params uint[] stops) => (Name, this.stops) = (name, stops);

    /// <summary>Dark violet to yellow; the default.</summary>
    public static ColourMap Viridis { get; } = new("viridis", 0x440154, 0x482878, 0x3e4989, 0x31688e, 0x26828e, 0x1f9e89, 0x35b779, 0x6ece58, 0xb5de2b, 0xfde725);

    /// <summary>Black to pale yellow through violet and red; for spectrograms.</summary>
    public static ColourMap Magma { get; } = new("magma", 0x000004, 0x180f3e, 0x451077, 0x721f81, 0x9f2f7f, 0xcd4071, 0xf1605d, 0xfd9567, 0xfeca8d, 0xfcfdbf);

    /// <summary>The background growing into the first series colour, so it suits white and dark pages; for tables of shares with text in the cells.</summary>
    public static ColourMap Accent { get; } = new("accent", 0xffffff, 0x0065a8);

    /// <summary>Lower-case name.</summary>
    public string Name { get; }

    /// <summary>Number of colours that <see cref="Colour"/> interpolates between.</summary>
    public int StopCount => stops.Length;

    /// <summary>The colour at a position, as 0xRRGGBB.</summary>
    /// <param name="position">0 for the first colour to 1 for the last; clamped, NaN counts as 0.</param>
    public uint Colour(double position)
    {
        double at = position > 0 ? Math.Min(position, 1) * (stops.Length - 1) : 0;
        int left = Math.Min((int)at, stops.Length - 2);
        double share = at - left;
        uint Channel(int shift) => (uint)Math.Round(((stops[left] >> shift) & 255) * (1 - share) + ((stops[left + 1] >> shift) & 255) * share) << shift;
        return Channel(16) | Channel(8) | Channel(0);
    }

    /// <summary>The colour as CSS writes it: "#440154".</summary>
    internal static string Css(uint colour) => $"#{colour:x6}";
}
