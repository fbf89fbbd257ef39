using System.Text.Json;
using System.Text.Json.Nodes;
using SimSearch.Datasets;
using SimSearch.Embedding;
using SimSearch.Storage;

namespace SimSearch.Charts;

/// <summary>
/// Writes a projection for people and programs: <c>index.html</c> (the map, with points that play their sound), <c>projection.svg</c>, <c>projection.plotly.json</c>,
/// <c>projection.csv</c>, <c>projection.npy</c> and <c>projection.json</c> (method, parameters, trustworthiness, continuity).
/// </summary>
public static class ProjectionFolder
{
    /// <summary>Most points of a page that can be played: more would leave each with less than a third of a second.</summary>
    private const int MostSounds = 600;

    private static readonly SoundLimits Sounds = new(Seconds: 3, SampleRate: 11_025, Bytes: 6_000_000, Columns: 16, Bands: 16, Side: 160);
    private static readonly string[] Files = ["index.html", "projection.svg", "projection.plotly.json", "projection.csv", "projection.npy", "projection.json"];
    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true };

    /// <summary>Writes the folder, as a whole.</summary>
    /// <param name="projection">The projection.</param>
    /// <param name="folder">A new or empty folder, or one with an older projection, which is replaced.</param>
    /// <param name="title">What is projected; null takes the embedder's name.</param>
    /// <param name="command">The command that makes it again; "" for none.</param>
    /// <param name="cancellation">Looked at between sounds.</param>
    /// <exception cref="SimSearchException">The folder holds other files.</exception>
    public static void Save(Projection projection, string folder, string? title = null, string command = "", CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(projection);
        AtomicFolder.Write(folder, Files.Contains, temporary =>
        {
            string At(string name) => Path.Combine(temporary, name);
            ToPage(projection, title, command, cancellation).Save(At("index.html"));
            var (svg, figure) = projection.Dimensions == 3 ? Views() : Flat();
            AtomicFile.WriteText(At("projection.svg"), svg);
            AtomicFile.WriteText(At("projection.plotly.json"), figure);
            ProjectionCsv.Write(At("projection.csv"), projection);
            projection.Points.SaveNpy(At("projection.npy"));
            AtomicFile.WriteText(At("projection.json"), ToJson(projection).ToJsonString(Indented) + "\n");
        });
        (string, string) Flat() => Chart.Projection(projection, title) is var chart ? (chart.ToSvg(), chart.ToPlotlyJson()) : default;
        (string, string) Views() => Chart.ProjectionViews(projection, title) is var grid ? (grid.ToSvg(), grid.Figure!) : default;
    }

    /// <summary>Whether a projection could be saved there, asked before it is computed.</summary>
    /// <param name="folder">The folder that <see cref="Save"/> will be given.</param>
    /// <exception cref="SimSearchException">It could not; the message says why and what to do.</exception>
    public static void CheckSave(string folder) => AtomicFolder.Check(folder, Files.Contains);

    /// <summary>The page: the map and its sounds. It loads nothing from anywhere; see <see cref="HtmlPage"/>.</summary>
    /// <param name="projection">The projection.</param>
    /// <param name="title">What is projected; null takes the embedder's name.</param>
    /// <param name="command">The command that makes it again; "" for none.</param>
    /// <param name="cancellation">Looked at between sounds.</param>
    public static HtmlPage ToPage(Projection projection, string? title = null, string command = "", CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(projection);
        var (targets, players) = PlayablePoints.Of(projection, Sounds, MostSounds, cancellation);
        var map = projection.Dimensions == 3 ? Chart.ProjectionViews(projection, title, targets).ToHtml(interactive: true) : (Chart.Projection(projection, title, targets) with { Width = 960, Height = 720 }).ToHtml(interactive: true);
        return new HtmlPage($"{projection.Method} of {title ?? projection.EmbedderName}")
        {
            Lead = targets is null ? "Items that the embedding takes for similar lie close together." : $"Items that the embedding takes for similar lie close together. Click on a point to {(projection.Items.All(i => i.IsImage) ? "see" : "hear")} it.",
            Content =
            [
                map, players,
                ReportHtml.Pairs([("Items", FormattableString.Invariant($"{projection.Count}")), ("Method", projection.Method), .. projection.Parameters, ("Trustworthiness", ReportHtml.Number(projection.Trustworthiness)), ("Continuity", ReportHtml.Number(projection.Continuity)), ("Neighbourhoods", $"k = {projection.K}")]),
                command.Length > 0 ? Html.Of($"<code class=\"ss-code\">{command}</code>") : Html.Empty,
            ],
            Plotly = PlotlyScript.Find(),
        };
    }

    /// <summary>Method, parameters and figures, for programs.</summary>
    /// <param name="projection">The projection.</param>
    public static JsonObject ToJson(Projection projection)
    {
        ArgumentNullException.ThrowIfNull(projection);
        return new JsonObject
        {
            ["format"] = "simsearch-projection-1",
            ["method"] = projection.Method,
            ["parameters"] = new JsonObject(projection.Parameters.Select(p => KeyValuePair.Create<string, JsonNode?>(p.Name, p.Value))),
            ["items"] = projection.Count,
            ["dimensions"] = projection.Dimensions,
            ["k"] = projection.K,
            ["trustworthiness"] = projection.Trustworthiness,
            ["continuity"] = projection.Continuity,
            ["measured_on"] = projection.Quality.Rows,
            ["kl_divergence"] = projection.KlDivergence,
            ["explained_variance"] = projection.Explained.Count == 0 ? null : new JsonArray([.. projection.Explained.Select(e => (JsonNode)e)]),
            ["embedder"] = projection.EmbedderName,
        };
    }
}
