namespace SimSearch.Charts;

/// <summary>
/// The colours and shapes of charts. Eight colours, told apart with the common kinds of colour blindness, each with a twin for dark
/// backgrounds; every one has a contrast of 3:1 or more with its background (WCAG 2.2, 1.4.11). Colour is never the only difference:
/// points also change shape, lines their dashes, and after eight series colour and shape together still differ.
/// </summary>
internal static class Palette
{
    public const string LightSurface = "#ffffff", DarkSurface = "#161b22";

    public static readonly string[] Light = ["#0065a8", "#c4500a", "#007f5f", "#a8458c", "#8f6400", "#1583a8", "#7a4a2b", "#59636e"];
    public static readonly string[] Dark = ["#56a8e8", "#f0824f", "#35c39a", "#e08cc4", "#e0ab3c", "#6fd0f0", "#c89f82", "#a9b4bf"];

    /// <summary>Dash patterns of lines, as SVG's stroke-dasharray; "" is a full line.</summary>
    public static readonly string[] Dashes = ["", "7 3", "2 3", "9 3 2 3", "12 4"];

    /// <summary>Dash patterns by plotly.js's names, in the order of <see cref="Dashes"/>.</summary>
    public static readonly string[] PlotlyDashes = ["solid", "dash", "dot", "dashdot", "longdash"];

    /// <summary>Shapes of points as relative SVG paths about 8 units across, drawn from their centre.</summary>
    public static readonly string[] Shapes =
    [
        "m-4 0a4 4 0 1 0 8 0a4 4 0 1 0-8 0z", "m-3.5-3.5h7v7h-7z", "m0-4.5l4.5 8h-9z", "m0-5l5 5l-5 5l-5-5z", "m0 4.5l4.5-8h-9z",
        "m-1.3-4.5h2.6v3.2h3.2v2.6h-3.2v3.2h-2.6v-3.2h-3.2v-2.6h3.2z", "m-4.5-3l1.5-1.5l3 3l3-3l1.5 1.5l-3 3l3 3l-1.5 1.5l-3-3l-3 3l-1.5-1.5l3-3z",
    ];

    /// <summary>The shapes by plotly.js's names, in the order of <see cref="Shapes"/>.</summary>
    public static readonly string[] PlotlyShapes = ["circle", "square", "triangle-up", "diamond", "triangle-down", "cross", "x"];

    /// <summary>
    /// The style of one chart, inside its SVG so that the file can stand alone. Shapes also carry the light colours as attributes, for
    /// programs that know no CSS variables. A page may set the variables on a parent of the chart only through the same names on the svg element.
    /// </summary>
    public static readonly string Style = Build();

    /// <summary>The same for a page whose switch says light or dark (data-theme of the root), whatever the reader's system asks for.</summary>
    public static readonly string Switched = $"@media screen{{:root[data-theme=light] .ss-chart{{{LightVariables}}}:root[data-theme=dark] .ss-chart{{{DarkVariables}}}}}";

    private static string LightVariables => Variables(LightSurface, "#1f2328", "#59636e", "#d8dee4", Light);

    private static string DarkVariables => Variables(DarkSurface, "#e6edf3", "#9da7b1", "#343b44", Dark);

    private static string Build()
    {
        string light = LightVariables, dark = DarkVariables;
        string series = string.Concat(Enumerable.Range(0, Light.Length).Select(i => $".ss-chart .f{i}{{fill:var(--ss-{i})}}.ss-chart .k{i}{{stroke:var(--ss-{i})}}"));
        return $".ss-chart{{{light}}}@media screen and (prefers-color-scheme:dark){{.ss-chart{{{dark}}}}}"
            + ".ss-chart .s{fill:var(--ss-surface)}.ss-chart .i{fill:var(--ss-ink)}.ss-chart .m{fill:var(--ss-muted)}"
            + ".ss-chart .g{stroke:var(--ss-grid)}.ss-chart .x{stroke:var(--ss-muted)}.ss-chart .e{stroke:var(--ss-ink)}.ss-chart .h{stroke:var(--ss-surface)}.ss-chart a path{stroke:var(--ss-ink);stroke-width:.7}.ss-chart a:hover path,.ss-chart a:focus path,.ss-chart a.ss-playing path{stroke:var(--ss-ink);stroke-width:2;fill-opacity:1}" + series;
    }

    private static string Variables(string surface, string ink, string muted, string grid, string[] colours) =>
        $"--ss-surface:{surface};--ss-ink:{ink};--ss-muted:{muted};--ss-grid:{grid};" + string.Join(';', colours.Select((c, i) => $"--ss-{i}:{c}"));
}
