using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using SimSearch.Audio;
using SimSearch.Datasets;
using SimSearch.Embedding;
using SimSearch.Evaluation;
using SimSearch.Images;
using SimSearch.Indexing;

namespace SimSearch.Charts;

/// <summary>How the objects of the library look in a notebook. One output stays below about 300 kB: a notebook holds many of them.</summary>
internal static class NotebookViews
{
    private const int LargestOutput = 300_000, LongestText = 16_000; // characters

    /// <summary>Bytes of base64 that the sounds of one output may take together.</summary>
    public const int SoundBytes = 180_000;

    /// <summary>Sounds in a table: short and of telephone quality, so that a dozen fit.</summary>
    public static readonly SoundLimits SmallSounds = new(Seconds: 3, SampleRate: 8000, Bytes: SoundBytes, Columns: 72, Bands: 32, Side: 128);

    /// <summary>Most players in one table; more would leave each with less than half a second.</summary>
    public const int MaxSounds = 16;

    // Colours of middling brightness, and otherwise the notebook's own ink: readable on white and on dark, whatever the notebook's theme is.
    private const string Style = """
        .ss-nb{font-size:13px;line-height:1.4;max-width:68em;overflow-x:auto;overflow-wrap:break-word}.ss-nb .ss-id{overflow-wrap:anywhere;min-width:7em}.ss-nb thead th,.ss-nb .ss-number{white-space:nowrap}.ss-nb p,.ss-nb ul{margin:.3em 0}.ss-nb .ss-id,.ss-nb small,.ss-nb .ss-note{opacity:.75;font-size:.92em}
        .ss-nb table{border-collapse:collapse;margin:.3em 0}.ss-nb th,.ss-nb td{text-align:left;padding:.25em .8em .25em 0;border-bottom:1px solid #8886;vertical-align:middle;background:none}.ss-nb .ss-number{text-align:right;font-variant-numeric:tabular-nums}
        .ss-nb .ss-bar{display:block;width:6em;min-width:5em;height:.6em}.ss-nb .ss-bar .track{fill:#8883}.ss-nb .ss-bar .value{fill:#2f86c9}.ss-nb .ss-right{color:#16885f}.ss-nb .ss-wrong{color:#d14a3b}.ss-nb .ss-right,.ss-nb .ss-wrong{font-weight:600;white-space:nowrap}
        .ss-nb audio{display:block;width:14em;height:2.2em}.ss-nb .ss-image{display:block;width:9em;height:2.8em;max-width:none;margin:0;background:#000004}.ss-nb .ss-picture{display:block;max-width:100%;max-height:30em;width:auto;height:auto;margin:0}.ss-nb td .ss-picture{max-height:6em}.ss-nb .ss-pair{display:flex;flex-wrap:wrap;gap:.6em}.ss-nb .ss-pair>div{flex:1 1 22em;max-width:36em}
        .ss-nb .ss-facts{display:flex;flex-wrap:wrap;gap:.3em 1.8em;margin:.4em 0}.ss-nb dt{font-weight:400;opacity:.75;margin:0}.ss-nb dd{font-size:1.15em;font-weight:600;margin:0}.ss-nb dd small{display:block;font-weight:400;font-size:.8em}.ss-nb .ss-warning{border-left:4px solid #d14a3b;padding:.2em .7em}
        """;

    /// <summary>Tells the formatter sources, before anything of this library is shown.</summary>
    [ModuleInitializer]
    [SuppressMessage("Usage", "CA2255", Justification = "The types that show themselves lie below this folder and must not know it; this is the only moment that comes before every use.")]
    internal static void Register()
    {
        Use<AudioSignal>(SignalView.Markup, SignalView.Text);
        Use<ImageTensor>(ImageView.Markup, ImageView.Text);
        Use<SearchResult>(ResultView.Markup, ResultView.Text);
        Use<RetrievalReport>(FiguresView.Markup, FiguresView.Text);
        Use<ProgressBar>(ProgressView.Markup, bar => bar.ToString());
        Use<Dataset>(DatasetView.Markup, DatasetView.Text);
        Use<ChartRow>(row => row.Markup(), row => row.ToString());
        Use<Embeddings>(EmbeddingsView.Markup, EmbeddingsView.Text);
        Use<ChartGrid>(ChartHtml.InNotebook, g => g.ToString());
        Use<Projection>(ProjectionView.Markup, ProjectionView.Text);
        Use<VectorIndex>(i => Facts("Index", IndexFacts(i)), i => TextFacts("Index", IndexFacts(i)));
    }

    private static void Use<T>(Func<T, Html> markup, Func<T, string> text) where T : class => NotebookFormatterSource<T>.Use(value => Output(markup(value), () => text(value)), value => Cut(text(value)));

    /// <summary>One output, with its style, which reaches nothing outside it. Names as long as books leave only the beginning of the text.</summary>
    private static string Output(Html markup, Func<string> text)
    {
        string output = Html.Of($"<div class=\"ss-nb\"><style>{Html.Trusted(Style)}</style>{markup}</div>").ToString();
        return output.Length <= LargestOutput ? output : Html.Of($"<div class=\"ss-nb\"><style>{Html.Trusted(Style)}</style><p class=\"ss-note\">Too large to be shown with all it has; in words:</p><pre>{Lines(Cut(text()))}</pre></div>").ToString();
    }

    // Encoding makes a space of a line break.
    private static Html Lines(string text) => Html.Join(text.Split('\n').Select(line => Html.Text(line)));

    private static string Cut(string text) => text.Length <= LongestText ? text : string.Concat(text.AsSpan(0, LongestText), " …");

    /// <summary>A heading and a table of names and values.</summary>
    internal static Html Facts(string title, IEnumerable<(string Name, string Value)> facts) => Html.Join([Html.Of($"<p><strong>{title}</strong></p>"), ReportHtml.Pairs(facts)]);

    /// <summary>The same in lines of text.</summary>
    internal static string TextFacts(string title, IEnumerable<(string Name, string Value)> facts) =>
        string.Join('\n', facts.Select(f => $"  {f.Name}: {Html.Clean(f.Value)}").Prepend(title));

    private static List<(string, string)> IndexFacts(VectorIndex index)
    {
        IndexInfo info;
        try
        {
            info = index.Info;
        }
        catch (ObjectDisposedException)
        {
            return [("State", "disposed: it cannot be searched any more")];
        }
        List<(string, string)> facts =
        [
            ("Kind", $"{info.Factory}: {(info.IsExact ? "exact, looks at every vector" : "approximate, may miss neighbours")}"), ("Metric", info.Metric.Name()),
            ("Items", FormattableString.Invariant($"{info.Count:N0} of {info.Dimension} dimensions, {Size(info.Count * info.Dimension * 4)} as float32")), ("Classes", ClassesOf(index.Items)),
            ("Embedder", info.EmbedderName), ("Fingerprint", Short(info.Fingerprint)),
        ];
        if (info.Removed > 0) facts.Add(("Removed", FormattableString.Invariant($"{info.Removed:N0} vectors that still take room; build it anew to free it")));
        if (info.Parameters.Count > 0) facts.Add(("Parameters", string.Join(", ", info.Parameters.Select(p => FormattableString.Invariant($"{p.Key}={p.Value}")))));
        if (info.IsReadOnly) facts.Add(("Opened", "memory-mapped, read only"));
        if (info.Root is { } root) facts.Add(($"Folder of the {(index.Items.All(i => i.IsImage) ? "images" : "sounds")}", FolderName(root)));
        return facts;
    }

    // Not the whole path: notebooks are passed on, and the same run is to give the same output on every machine.
    internal static string FolderName(string root) => Path.GetFileName(Path.TrimEndingDirectorySeparator(root));

    internal static string ClassesOf(IReadOnlyList<Item> items)
    {
        int classes = items.SelectMany(i => i.Labels).Distinct(StringComparer.Ordinal).Count(), unlabelled = items.Count(i => i.Label is null);
        return FormattableString.Invariant($"{classes:N0}{(unlabelled > 0 ? $"; {unlabelled} items without a label" : "")}");
    }

    internal static string Size(long bytes) => bytes < 1_000_000 ? FormattableString.Invariant($"{bytes / 1e3:0.#} kB") : FormattableString.Invariant($"{bytes / 1e6:#,0.#} MB");

    internal static string Short(string fingerprint) => fingerprint.Length > 16 ? fingerprint[..16] + "…" : fingerprint;
}
