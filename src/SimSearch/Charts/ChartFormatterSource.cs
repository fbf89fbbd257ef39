namespace SimSearch.Charts;

/// <summary>How a chart shows itself in a notebook: as HTML with the SVG inside, as SVG, and in words.</summary>
internal sealed class ChartFormatterSource
{
    // Called by name; see TypeFormatterSourceAttribute.
    public IEnumerable<object> CreateTypeFormatters() =>
    [
        new Formatter("text/html", chart => ChartHtml.InNotebook(chart).ToString()),
        new Formatter("image/svg+xml", chart => chart.ToSvg()),
        new Formatter("text/plain", chart => chart.ToString()),
    ];

    /// <summary>Writes a chart as one mime type.</summary>
    public sealed class Formatter(string mimeType, Func<Chart, string> write)
    {
        /// <summary>What is written.</summary>
        public string MimeType { get; } = mimeType;

        /// <summary>Writes a chart; false for anything else.</summary>
        public bool Format(object value, TextWriter writer)
        {
            if (value is not Chart chart) return false;
            writer.Write(write(chart));
            return true;
        }
    }
}
