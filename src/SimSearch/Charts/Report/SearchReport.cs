using SimSearch.Audio;
using SimSearch.Datasets;
using SimSearch.Embedding;
using SimSearch.Evaluation;

namespace SimSearch.Charts;

/// <summary>
/// A page that shows how well a search works, to look at and to listen to: what was searched, how the sounds look, where their
/// embeddings lie, the figures with their intervals, what is confused with what, single queries with their hits, and how to get the same
/// page again. Every section begins with a sentence on what is seen and what to look for.
/// </summary>
/// <remarks>
/// One file that loads nothing from anywhere; see <see cref="HtmlPage"/>. The same input gives the same bytes on the same machine. Sounds
/// that cannot be read are named with the reason instead of played. Images are shown instead of played; items that are neither have cards without.
/// </remarks>
public sealed record SearchReport
{
    /// <summary>The picture's points get one part in so many of the room for sounds.</summary>
    private const int MapShare = 8;

    /// <summary>Title of the page.</summary>
    public required string Title { get; init; }

    /// <summary>The page that this one is a part of, relative to it; null (the default) for a page of its own.</summary>
    public string? Contents { get; init; }

    /// <summary>The figures.</summary>
    public required RetrievalReport Figures { get; init; }

    /// <summary>What was searched; gives the sounds to play. Null for ready-made vectors.</summary>
    public Dataset? Dataset { get; init; }

    /// <summary>The picture of the embeddings, with how far it can be trusted; null leaves it out. Points of <see cref="Dataset"/>'s sounds can be played.</summary>
    public Projection? Projection { get; init; }

    /// <summary>Name of the embedder: "combined-stats".</summary>
    public string Embedder { get; init; } = "";

    /// <summary>What the data set is, in a sentence or two; "" for none.</summary>
    public string Description { get; init; } = "";

    /// <summary>Licence of the data set; "" when unknown.</summary>
    public string Licence { get; init; } = "";

    /// <summary>How to cite the data set; "" for none.</summary>
    public string Citation { get; init; } = "";

    /// <summary>The command that makes this page again; "" for none.</summary>
    public string Command { get; init; } = "";

    /// <summary>Facts on how the page came about, in order: seed, index, fingerprints, versions. The runtime and the machine's kind are added.</summary>
    public IReadOnlyList<(string Name, string Value)> Environment { get; init; } = [];

    /// <summary>How many queries are shown with their hits, 0 or more; 12 by default, spread evenly from the best to the worst.</summary>
    public int Queries { get; init; } = 12;

    /// <summary>How many hits are shown of each, 1 or more; 5 by default.</summary>
    public int Hits { get; init; } = 5;

    /// <summary>Longest sound in the page, in seconds, above 0; 3 by default. Longer ones are cut, and say so.</summary>
    public double SoundSeconds { get; init; } = 3;

    /// <summary>Sample rate of the sounds in the page, in Hz, 8,000 or more; 16,000 by default. They are mono, 16 bit.</summary>
    public int SoundSampleRate { get; init; } = 16_000;

    /// <summary>
    /// About how many bytes the sounds of the page may take together; 9,000,000 by default, which with everything else keeps a page of the
    /// synthetic set below 12 MB. Where there are many sounds, each is cut shorter, down to a quarter
    /// of a second.
    /// </summary>
    public long SoundBytes { get; init; } = 9_000_000;

    /// <summary>
    /// The source of plotly.js for zoom and hover, about 1.5 MB of the page; null leaves it out. <see cref="PlotlyScript.Find"/> by default.
    /// </summary>
    public string? Plotly { get; init; } = PlotlyScript.Find();

    /// <summary>Writes the page, by rename.</summary>
    /// <param name="path">The file, for example out/index.html.</param>
    /// <param name="cancellation">Looked at between sounds.</param>
    public void Save(string path, CancellationToken cancellation = default) => ToPage(cancellation).Save(path);

    /// <summary>Makes the page.</summary>
    /// <param name="cancellation">Looked at between sounds.</param>
    /// <exception cref="ArgumentOutOfRangeException">A number is outside its range.</exception>
    public HtmlPage ToPage(CancellationToken cancellation = default)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(Queries);
        ArgumentOutOfRangeException.ThrowIfLessThan(Hits, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(SoundSampleRate, 8000);
        if (!(SoundSeconds > 0)) throw new ArgumentOutOfRangeException(nameof(SoundSeconds), $"SoundSeconds={SoundSeconds} must be above 0");

        var examples = ExampleSections.Choose(Dataset);
        var queries = QuerySection.Choose(this);
        var sounds = new ReportSounds(Dataset, examples.Count + queries.Count * (Hits + 1), new SoundLimits(SoundSeconds, SoundSampleRate, SoundBytes - SoundBytes / MapShare), cancellation);
        PageSection?[] sections =
        [
            OverviewSection.Build(this),
            ExampleSections.Build(this, examples, sounds),
            ProjectionSection.Build(this, new SoundLimits(1, 8000, SoundBytes / MapShare, Columns: 16, Bands: 16, Side: 96), cancellation),
            QualitySection.Build(this),
            ClassSection.Build(this),
            HubSection.Build(this),
            QuerySection.Build(this, queries, sounds),
            EnvironmentSection.Build(this),
        ];
        return new HtmlPage(Title)
        {
            Lead = $"How well a search by example finds its like: {Figures.Queries} queries against {Figures.Gallery} items, each judged by whether the items it finds share its label.",
            Sections = [.. sections.OfType<PageSection>()],
            Plotly = Plotly, Contents = Contents,
        };
    }
}
