using System.Globalization;
using System.Text;

namespace SimSearch.Charts;

/// <summary>Writes SVG elements: numbers short and invariant, text encoded.</summary>
internal sealed class SvgText
{
    private readonly StringBuilder svg = new(16 * 1024);

    /// <summary>Adds markup whose holes are encoded.</summary>
    public SvgText Add(ref Html.Interpolation markup)
    {
        svg.Append(markup.ToString());
        return this;
    }

    /// <summary>Adds text of this library's own, such as a path.</summary>
    public SvgText Raw(string markup)
    {
        svg.Append(markup);
        return this;
    }

    /// <summary>Adds a text element. What was cut off stays readable in its title.</summary>
    public SvgText Label(double x, double y, string text, string anchor = "start", string full = "", string extra = "")
    {
        string clean = Html.Clean(text);
        svg.Append(CultureInfo.InvariantCulture, $"<text x=\"{N(x)}\" y=\"{N(y)}\"");
        if (anchor != "start") svg.Append(" text-anchor=\"").Append(anchor).Append('"');
        svg.Append(extra).Append('>').Append(Html.EncodeText(clean));
        if (full.Length > 0 && full != text) svg.Append("<title>").Append(Html.EncodeText(full)).Append("</title>");
        svg.Append("</text>");
        return this;
    }

    /// <summary>A coordinate with at most one decimal.</summary>
    public static string N(double value)
    {
        double rounded = Math.Round(Math.Clamp(value, -1e6, 1e6), 1, MidpointRounding.AwayFromZero);
        return (rounded == 0 ? 0 : rounded).ToString("0.#", CultureInfo.InvariantCulture);
    }

    public override string ToString() => svg.ToString();
}
