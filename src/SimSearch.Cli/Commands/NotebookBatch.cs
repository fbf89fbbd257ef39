using System.Globalization;
using System.Text.Json.Nodes;
using SimSearch.Cli.Terminal;
using SimSearch.Notebooks;

namespace SimSearch.Cli.Commands;

/// <summary>A notebook of a report: what it is, where it lies now, how its run went.</summary>
/// <param name="File">The notebook that was asked for.</param>
/// <param name="Shown">The file whose outputs are shown: the executed one, or the same.</param>
/// <param name="Notebook">What is in that file; an empty notebook when it cannot be read.</param>
/// <param name="Record">What is known of the run that made the outputs, or null.</param>
/// <param name="Status">"ran", "unchanged", "not run" or "failed".</param>
/// <param name="Problem">Why it failed, in a sentence; "" when it did not.</param>
internal sealed record NotebookOutcome(string File, string Shown, Notebook Notebook, NotebookRunRecord? Record, string Status, string Problem)
{
    /// <summary>As a part of the document that --json prints.</summary>
    public JsonObject ToJson() => new()
    {
        ["notebook"] = File, ["status"] = Status, ["cells"] = Record?.CellsRun, ["seconds"] = Record?.Seconds, ["problem"] = Problem.Length > 0 ? Problem : null,
    };
}

/// <summary>Runs several notebooks into a folder, two at a time where there are cores for it; those that would show the same as the last time are not run again.</summary>
internal static class NotebookBatch
{
    // Chapters measure times, so each gets two cores for itself.
    private const int CoresForEach = 2, MostAtOnce = 2;

    /// <summary>Refuses values for names that none of the notebooks has: a typing error would otherwise go unseen.</summary>
    public static void CheckParameters(IReadOnlyList<string> files, NotebookRunWish wish)
    {
        if (wish.Parameters.Count == 0) return;
        var known = files.SelectMany(NamesIn).ToHashSet();
        if (wish.Parameters.Keys.FirstOrDefault(name => !known.Contains(name)) is { } unknown)
            throw new UsageException($"--param {unknown}: no notebook has such a parameter; there are {(known.Count == 0 ? "none" : string.Join(", ", known.Order(StringComparer.Ordinal)))}");
    }

    private static IEnumerable<string> NamesIn(string file)
    {
        try { return NotebookParameters.Of(Notebook.Load(file)).Select(p => p.Name).ToArray(); }
        catch (Exception e) when (IsExpected(e)) { return []; } // said when it is run
    }

    /// <summary>Runs what has changed.</summary>
    /// <param name="files">The notebooks.</param>
    /// <param name="folder">Where the executed ones go.</param>
    /// <param name="wish">How.</param>
    /// <param name="force">Also runs what has not changed.</param>
    /// <param name="screen">Told what happens.</param>
    /// <param name="stop">Ends it.</param>
    /// <returns>The outcomes, in the order of the files; a notebook that cannot be read or fails is among them and nothing is thrown for it.</returns>
    public static NotebookOutcome[] Run(IReadOnlyList<string> files, string folder, NotebookRunWish wish, bool force, Screen screen, CancellationToken stop)
    {
        int atOnce = Math.Clamp(Environment.ProcessorCount / CoresForEach, 1, MostAtOnce);
        if (atOnce > 1 && wish.MaxMemory is null) wish = wish with { MaxMemory = GC.GetGCMemoryInfo().TotalAvailableMemoryBytes / 4 * 3 / atOnce };
        var outcomes = new NotebookOutcome[files.Count];
        screen.Track(progress =>
        {
            Parallel.For(0, files.Count, new ParallelOptions { MaxDegreeOfParallelism = atOnce, CancellationToken = stop }, i =>
            {
                outcomes[i] = One(files[i], Path.Combine(folder, Path.GetFileName(files[i])), wish, force, screen, progress, stop);
                Tell(outcomes[i], screen);
            });
            return 0;
        }, passing: true);
        return outcomes;
    }

    /// <summary>The one line that stays of a notebook.</summary>
    private static void Tell(NotebookOutcome outcome, Screen screen)
    {
        string name = Path.GetFileName(outcome.File), time = string.Create(CultureInfo.InvariantCulture, $"{outcome.Record?.CellsRun} cells in {outcome.Record?.Seconds:0.0} s");
        if (outcome.Problem.Length > 0) screen.Error($"{outcome.File}: {outcome.Problem}");
        else screen.Say(outcome.Status == "unchanged" ? $"{name}: nothing has changed since its last run ({time}); --force runs it again" : $"{name}: {time}");
    }

    /// <summary>The notebooks as they are; nothing is run.</summary>
    public static NotebookOutcome[] Read(IReadOnlyList<string> files, Screen screen) => [.. files.Select(file =>
    {
        try
        {
            return new NotebookOutcome(file, file, Notebook.Load(file), NotebookRunRecord.Of(file), "not run", NotebookRunRecord.Of(file)?.Problem ?? "");
        }
        catch (Exception e) when (IsExpected(e))
        {
            screen.Error(Explanation.Of(e));
            return Unreadable(file, e);
        }
    })];

    private static NotebookOutcome One(string file, string target, NotebookRunWish wish, bool force, Screen screen, IProgress<Progress> progress, CancellationToken stop)
    {
        Notebook notebook;
        try { notebook = Notebook.Load(file); }
        catch (Exception e) when (IsExpected(e)) { return Unreadable(file, e); }
        try
        {
            // Values for one chapter are no fault of another, which does not know them.
            var known = NotebookParameters.Of(notebook).Select(p => p.Name).ToHashSet();
            wish = wish with { Parameters = wish.Parameters.Where(p => known.Contains(p.Key)).ToDictionary() };
            if (!force && NotebookRunRecord.Of(target) is { Problem.Length: 0 } before && before.Key == NotebookRuns.KeyOf(file, notebook, wish))
                return new NotebookOutcome(file, target, Notebook.Load(target), before, "unchanged", "");
            screen.SayInLog($"{Path.GetFileName(file)}: running");
            var run = NotebookRuns.Run(file, target, wish, progress, stop);
            string problem = NotebookRuns.ProblemOf(run);
            var record = NotebookRuns.RecordOf(file, notebook, target, run, wish, problem);
            record.Save(target);
            return new NotebookOutcome(file, target, run.Notebook, record, problem.Length > 0 ? "failed" : "ran", problem);
        }
        catch (Exception e) when (IsExpected(e))
        {
            // What is committed is worth showing all the same.
            return new NotebookOutcome(file, file, notebook, null, "failed", Explanation.Of(e));
        }
    }

    private static NotebookOutcome Unreadable(string file, Exception error) => new(file, file, new Notebook(), null, "failed", Explanation.Of(error));

    private static bool IsExpected(Exception e) => e is NotebookException or IOException or UnauthorizedAccessException;
}
