namespace SimSearch.Notebooks;

/// <summary>What every cell can call without naming a class: <c>display(x)</c>, <c>HTML("...")</c> and their like.</summary>
public static class CellFunctions
{
    /// <summary>Cancelled when the running cell is interrupted; long work should look at it.</summary>
    /// <exception cref="InvalidOperationException">Not called from a cell.</exception>
    public static CancellationToken Cancellation => CellRun.Require(nameof(Cancellation)).Cooperative.Token;

#pragma warning disable IDE1006 // The name that notebooks know.
    /// <summary>Shows a value now.</summary>
    /// <param name="value">Any value; null shows as "null".</param>
    /// <param name="mimeType">The only representation wanted, "text/plain" for instance; null for all there are.</param>
    /// <returns>A handle to change what is shown.</returns>
    /// <exception cref="InvalidOperationException">Not called from a cell.</exception>
    public static DisplayedValue display(object? value, string? mimeType = null) => value.Display(mimeType);
#pragma warning restore IDE1006

    /// <summary>Shows a value now; see <see cref="display"/>.</summary>
    public static DisplayedValue Display(this object? value, string? mimeType = null)
    {
        var shown = new DisplayedValue(CellRun.Require(nameof(Display)), mimeType);
        shown.Show(value, isUpdate: false);
        return shown;
    }

    /// <summary>Shows a text as what its type says: <c>"# Title".DisplayAs("text/markdown")</c>.</summary>
    /// <param name="content">The text, taken as it is.</param>
    /// <param name="mimeType">What it is.</param>
    public static DisplayedValue DisplayAs(this string content, string mimeType) => new Content(content, mimeType).Display();

    /// <summary>Marks a text as HTML, shown as markup instead of as text.</summary>
    /// <param name="markup">Markup; encode what comes from data.</param>
    public static object HTML(string markup) => new Content(markup, "text/html");

    /// <summary>Removes what the cell has shown so far.</summary>
    /// <param name="wait">Keep it until there is something new, so that nothing flickers.</param>
    public static void ClearOutput(bool wait = false) => CellRun.Require(nameof(ClearOutput)).Output.Clear(wait);

    /// <summary>Asks for a line of text.</summary>
    /// <param name="prompt">The question.</param>
    /// <param name="password">Do not show what is typed.</param>
    /// <returns>The answer, or null when nobody can be asked.</returns>
    public static string? Input(string prompt = "", bool password = false)
    {
        var run = CellRun.Require(nameof(Input));
        return run.Output.ReadLine(prompt, password, run.Cooperative.Token);
    }
}

/// <summary>Something a cell has shown and can change: <c>var bar = display("0 %"); bar.Update("50 %");</c></summary>
public sealed class DisplayedValue
{
    private readonly CellRun run;
    private readonly string? mimeType;

    internal DisplayedValue(CellRun run, string? mimeType) => (this.run, this.mimeType) = (run, mimeType);

    /// <summary>The name under which it is shown.</summary>
    public string DisplayId { get; } = Guid.NewGuid().ToString("N");

    /// <summary>Shows another value in its place, from whichever cell or task.</summary>
    public void Update(object? value) => Show(value, isUpdate: true);

    internal void Show(object? value, bool isUpdate) => (CellRun.Current ?? run).Show(value, DisplayId, isUpdate, mimeType);
}

/// <summary>A text that says what it is.</summary>
internal sealed record Content(string Text, string MimeType)
{
    public override string ToString() => Text;
}
