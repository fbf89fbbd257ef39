using System.Globalization;

namespace SimSearch.Charts;

/// <summary>A progress bar in a notebook: a line for each step; nothing of times in its last state, so that equal runs leave equal notebooks.</summary>
internal static class ProgressView
{
    public static Html Markup(ProgressBar bar)
    {
        var steps = bar.Steps;
        return Html.Of($"<table><tbody>{Html.Join(steps.Select((step, i) => Row(step, i == steps.Count - 1 ? bar.Remaining : null)))}</tbody></table>");
    }

    private static Html Row(Progress step, TimeSpan? remaining)
    {
        bool through = step.Total > 0 && step.Done >= step.Total;
        string count = step.Total > 0 ? string.Create(CultureInfo.InvariantCulture, $"{step.Done:N0} of {step.Total:N0}") : "";
        string left = remaining is { } time ? string.Create(CultureInfo.InvariantCulture, $"about {Math.Max(1, time.TotalSeconds):0} s left") : "";
        Html gauge = step.Total > 0 ? Html.Of($"<progress max=\"{step.Total}\" value=\"{step.Done}\" aria-label=\"{step.Step}\"></progress>") : Html.Empty;
        return Html.Of($"<tr><td>{step.Step}</td><td>{gauge}</td><td class=\"ss-number\">{count}</td><td class=\"ss-id\">{(through ? "" : $"{left} {step.Detail}".Trim())}</td></tr>");
    }
}
