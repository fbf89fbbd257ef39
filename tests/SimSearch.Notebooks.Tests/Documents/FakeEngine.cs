using SimSearch.Notebooks;

namespace SimSearch.Notebooks.Tests;

/// <summary>An engine whose language has one verb a line: out, err, show, update, result, json, clear, ask, fail, late, wait (until stopped), hang, break, set.</summary>
internal sealed class FakeEngine : ICellEngine
{
    private readonly TaskCompletionSource released = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly List<(ICellOutput Output, string Text)> late = [];
    private int count;

    public List<string> Ran { get; } = [];

    public int Interrupts { get; private set; }

    /// <summary>Lets a hanging cell go, so that no test leaves a thread behind.</summary>
    public void Release() => released.TrySetResult();

    public async Task<CellResult> ExecuteAsync(string code, ICellOutput output, bool silent, CancellationToken cancellation)
    {
        Ran.Add(code);
        count++;
        foreach (var (earlier, text) in late) earlier.Stream("stdout", text);
        late.Clear();
        foreach (string line in code.Split('\n'))
        {
            string[] words = line.Split(' ', 3);
            string rest = line.Contains(' ') ? line[(line.IndexOf(' ') + 1)..].Replace("\\n", "\n").Replace("\\r", "\r") : "";
            switch (words[0])
            {
                case "out": output.Stream("stdout", rest); break;
                case "err": output.Stream("stderr", rest); break;
                case "show": output.Display(new CellDisplay(Plain(words[2]), words[1], false, false)); break;
                case "update": output.Display(new CellDisplay(Plain(words[2]), words[1], true, false)); break;
                case "result": output.Display(new CellDisplay(Plain(rest), null, false, true)); break;
                case "json": output.Display(new CellDisplay(new Dictionary<string, string> { ["application/json"] = rest }, null, false, false)); break;
                case "clear": output.Clear(rest == "wait"); break;
                case "ask": output.Stream("stdout", output.ReadLine(rest, false) ?? "(end)"); break;
                case "late": late.Add((output, rest)); break;
                case "fail": return new CellResult(CellStatus.Error, count, new CellError(words[1], words[2], ["\u001b[31mCell [1]\u001b[0m, line 1"]));
                case "break": throw new InvalidOperationException(rest);
                case "wait": await Task.Delay(Timeout.Infinite, cancellation); break;
                case "hang": await released.Task; break;
            }
        }
        return new CellResult(CellStatus.Ok, count, null);
    }

    public void Interrupt() => Interrupts++;

    public Completions Complete(string code, int cursor) => new(cursor, cursor, []);

    public IReadOnlyDictionary<string, string>? Inspect(string code, int cursor, int detail) => null;

    public (string Status, string Indent) IsComplete(string code) => ("complete", "");

    public ValueTask DisposeAsync()
    {
        Release();
        return ValueTask.CompletedTask;
    }

    private static Dictionary<string, string> Plain(string text) => new() { ["text/plain"] = text };
}
