using System.Globalization;
using SimSearch.Charts;
using SimSearch.Cli.Terminal;
using SimSearch.Diagnostics;
using SimSearch.Notebooks;

namespace SimSearch.Cli.Commands;

/// <summary>Makes the site of several notebooks: their pages with how each can be reproduced, and the index with what they ran on.</summary>
internal static class ReportSite
{
    /// <summary>Writes it and gives the path of its index.</summary>
    /// <param name="folder">Where it goes.</param>
    /// <param name="title">Its heading.</param>
    /// <param name="outcomes">The notebooks.</param>
    /// <param name="links">Pages made before, to link to.</param>
    public static string Save(string folder, string title, IReadOnlyList<NotebookOutcome> outcomes, params NotebookSiteLink[] links) => new NotebookSite(title, [.. outcomes.Select(Page)])
    {
        Lead = "Notebooks with what they showed when they were run. Nothing runs when you open a page.", Links = links, Facts = Facts(),
        Scripts = Scripts with { Library = PlotlyScript.Find() },
    }.Save(folder);

    /// <summary>What a page can do by itself, in one file: points that play, clouds that turn, one sound at a time, the switch between light and dark.</summary>
    public static readonly SiteScripts Scripts = new() { Script = PlotlyScript.Enhancement, Style = PlotlyScript.Style };

    /// <summary>What is said of one notebook's run.</summary>
    public static IReadOnlyList<NotebookFact> FactsOf(NotebookOutcome outcome)
    {
        var facts = new List<NotebookFact>();
        var set = outcome.Record?.Parameters ?? new Dictionary<string, string>();
        if (NotebookParameters.Of(outcome.Notebook) is { Count: > 0 } parameters)
            facts.Add(new("parameters", string.Join(", ", parameters.Select(p => $"{p.Name} = {(set.TryGetValue(p.Name, out string? value) ? value : p.Value)}")), IsCode: true));
        if (outcome.Record is { } record)
        {
            if (record.Data.Length > 0) facts.Add(new("data set", record.Data));
            facts.Add(new("run", string.Create(CultureInfo.InvariantCulture, $"{record.CellsRun} of {record.CellsToRun} cells in {record.Seconds:0.0} s, ended {record.Finished:yyyy-MM-dd HH:mm:ss} UTC")));
            facts.AddRange(record.Environment.Select(e => new NotebookFact(e.Key, e.Value)));
            facts.Add(new("notebook without outputs, SHA-256", record.Source, IsCode: true));
            facts.Add(new("executed notebook, SHA-256", record.Executed, IsCode: true));
        }
        else if (outcome.Notebook.Cells.Count > 0)
        {
            facts.Add(new("run", "not for this page: the outputs are those in the file"));
            facts.Add(new("notebook without outputs, SHA-256", NotebookRunRecord.SourceHash(outcome.Notebook), IsCode: true));
            facts.Add(new("notebook with outputs, SHA-256", NotebookRunRecord.Hash(File.ReadAllBytes(outcome.Shown)), IsCode: true));
        }
        string values = string.Concat(set.Select(p => $" --param {CommandLine.Quoted($"{p.Key}={p.Value}")}"));
        facts.Add(new("command that repeats it", $"simsearch notebook run {CommandLine.Quoted(outcome.File)} --out executed{values}", IsCode: true));
        return facts;
    }

    private static NotebookSitePage Page(NotebookOutcome outcome) => new(Path.GetFileName(outcome.File), outcome.Notebook)
    {
        Facts = FactsOf(outcome), Problem = outcome.Problem, Duration = outcome.Record is { Seconds: > 0 } record ? TimeSpan.FromSeconds(record.Seconds) : null,
    };

    private static NotebookFact[] Facts() =>
    [
        new("command that repeats it", CommandLine.Typed, IsCode: true),
        .. Doctor.Examine().Select(part => new NotebookFact(part.Part, NotebookRuns.WithoutPath(part.Found))),
        new("program, SHA-256", NotebookRuns.LibraryHash, IsCode: true),
    ];
}
