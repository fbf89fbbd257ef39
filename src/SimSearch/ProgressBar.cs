using System.Diagnostics;
using System.Globalization;

namespace SimSearch;

/// <summary>
/// Keeps how far each step of some long work has come, and shows it: as a bar below a notebook's cell, or however its maker draws it. What a notebook keeps of
/// it is one output with the last state, the same after every run.
/// </summary>
/// <remarks>Steps are told apart by name. Reports may come from any thread and out of order; a step never goes back, unless it has another total.</remarks>
[TypeFormatterSource(typeof(NotebookFormatterSource<ProgressBar>), PreferredMimeTypes = ["text/html", "text/plain"])]
public sealed class ProgressBar : IProgress<Progress>
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(100);

    private readonly Lock gate = new();
    private readonly List<Progress> steps = [];
    private readonly Action<Progress>? draw;
    private readonly NotebookDisplay? display;
    private long shownAt, stepStarted;

    /// <summary>A bar that shows itself in a notebook, at most ten times a second and whenever a step begins or is through, and is silent anywhere else.</summary>
    public ProgressBar() => display = NotebookDisplay.Here();

    /// <summary>A bar that somebody else draws.</summary>
    /// <param name="draw">Called with every report that goes ahead, in order, never from two threads at once; what it gets is the whole state of its step.</param>
    public ProgressBar(Action<Progress> draw) => this.draw = draw;

    /// <summary>The last state of each step, in the order in which they began.</summary>
    public IReadOnlyList<Progress> Steps
    {
        get
        {
            lock (gate) return [.. steps];
        }
    }

    /// <summary>About how long the step in hand will still take, at the pace so far; null when that cannot be said.</summary>
    internal TimeSpan? Remaining
    {
        get
        {
            lock (gate)
            {
                if (steps.Count == 0 || steps[^1] is not { Done: > 0 } step || step.Done >= step.Total) return null;
                var taken = Stopwatch.GetElapsedTime(stepStarted);
                return taken < TimeSpan.FromSeconds(1) ? null : taken * ((step.Total - step.Done) / (double)step.Done);
            }
        }
    }

    /// <inheritdoc/>
    public void Report(Progress value)
    {
        if (value.Step is null) return;
        lock (gate)
        {
            int at = steps.FindIndex(s => s.Step == value.Step);
            // Another total is another go under the same name: the next file of a download.
            if (at >= 0 && value.Done <= steps[at].Done && value.Total == steps[at].Total) return;
            bool turn = at < 0 || (value.Total > 0 && value.Done >= value.Total);
            if (at < 0)
            {
                steps.Add(value);
                stepStarted = Stopwatch.GetTimestamp();
            }
            else steps[at] = value;
            draw?.Invoke(value);
            if (display is null || (!turn && Stopwatch.GetElapsedTime(shownAt) < Pause)) return;
            shownAt = Stopwatch.GetTimestamp();
            display.Show(this);
        }
    }

    /// <summary>The steps in words, a line each: "embedding: 128 of 128". Of steps whose size is not known only the name, so that equal runs give equal text.</summary>
    public override string ToString() => string.Join('\n', Steps.Select(s => s.Total > 0 ? string.Create(CultureInfo.InvariantCulture, $"{s.Step}: {s.Done:N0} of {s.Total:N0}") : s.Step));
}
