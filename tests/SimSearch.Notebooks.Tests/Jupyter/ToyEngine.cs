using System.Globalization;

namespace SimSearch.Notebooks.Tests;

/// <summary>
/// A cell engine with a language of one command a line, so that the kernel is tested without a compiler: print, complain (stderr), show MIME
/// TEXT, result TEXT, named ID TEXT, update ID TEXT, clear, flood LINES, pour (without end), ask PROMPT, secret PROMPT, fail TEXT, wait (until interrupted), gate (until opened),
/// later TEXT (printed by a task after the cell), set NAME VALUE, get NAME, break (a fault of the engine itself).
/// </summary>
internal sealed class ToyEngine : ICellEngine
{
    private readonly Dictionary<string, string> _variables = [];
    private readonly ManualResetEventSlim _gate = new();
    private volatile CancellationTokenSource? _running;
    private int _count;

    /// <summary>Set when a cell has come to "wait" or "gate".</summary>
    public ManualResetEventSlim Waits { get; } = new();

    /// <summary>Lets "gate" pass, and "later" print once the cell has ended.</summary>
    public void OpenGate() => _gate.Set();

    public Task<CellResult> ExecuteAsync(string code, ICellOutput output, bool silent, CancellationToken cancellation)
    {
        var done = new TaskCompletionSource<CellResult>();
        new Thread(() =>
        {
            using var cell = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
            _running = cell;
            int count = silent ? _count : ++_count;
            try
            {
                foreach (string line in code.Split('\n', StringSplitOptions.RemoveEmptyEntries)) Run(line, output, cell.Token);
                done.SetResult(new CellResult(CellStatus.Ok, count, null));
            }
            catch (OperationCanceledException)
            {
                done.SetResult(new CellResult(CellStatus.Error, count, new CellError("Interrupted", "The cell was interrupted.", ["Cell [" + count + "]"])));
            }
            catch (NotSupportedException fault)
            {
                done.SetException(fault);
            }
            catch (Exception error)
            {
                done.SetResult(new CellResult(CellStatus.Error, count, new CellError(error.GetType().FullName!, error.Message, ["Cell [" + count + "], line 1"])));
            }
            finally
            {
                _running = null;
            }
        }) { IsBackground = true }.Start();
        return done.Task;
    }

    public void Interrupt() => _running?.Cancel();

    public Completions Complete(string code, int cursor)
    {
        if (code.Contains("break")) throw new NotSupportedException("completion is broken");
        int start = cursor;
        while (start > 0 && char.IsLetter(code[start - 1])) start--;
        string typed = code[start..cursor];
        string[] words = ["print", "pretend", "primes"];
        return new Completions(start, cursor, [.. words.Where(word => word.StartsWith(typed, StringComparison.Ordinal)).Select(word => new CompletionItem(word, "keyword"))]);
    }

    public IReadOnlyDictionary<string, string>? Inspect(string code, int cursor, int detail) =>
        code.StartsWith("print", StringComparison.Ordinal) ? new Dictionary<string, string> { ["text/plain"] = $"print TEXT at {cursor}, detail {detail}" } : null;

    public (string Status, string Indent) IsComplete(string code) =>
        code.EndsWith('\\') ? ("incomplete", "  ") : code.StartsWith('!') ? ("invalid", "") : ("complete", "");

    public ValueTask DisposeAsync() => default;

    private void Run(string line, ICellOutput output, CancellationToken cancellation)
    {
        string[] words = line.Split(' ', 2);
        string rest = words.Length > 1 ? words[1].Replace("\\n", "\n") : "";
        string[] pair = rest.Split(' ', 2);
        switch (words[0])
        {
            case "print": output.Stream("stdout", rest + "\n"); break;
            case "complain": output.Stream("stderr", rest + "\n"); break;
            case "flood": for (int i = int.Parse(rest, CultureInfo.InvariantCulture); i > 0; i--) output.Stream("stdout", "all work and no play\n"); break;
            case "pour":
                var megabyte = new string('x', 1 << 20);
                for (int i = 0; !cancellation.IsCancellationRequested; i++)
                {
                    output.Stream("stdout", megabyte);
                    if (i == 50) Waits.Set();
                }
                cancellation.ThrowIfCancellationRequested();
                break;
            case "show": output.Display(new CellDisplay(new Dictionary<string, string> { [pair[0]] = pair[1], ["text/plain"] = "shown" }, null, false, false)); break;
            case "result": output.Display(new CellDisplay(new Dictionary<string, string> { ["text/plain"] = rest }, null, false, true)); break;
            case "named": output.Display(new CellDisplay(new Dictionary<string, string> { ["text/plain"] = pair[1] }, pair[0], false, false)); break;
            case "update": output.Display(new CellDisplay(new Dictionary<string, string> { ["text/plain"] = pair[1] }, pair[0], true, false)); break;
            case "clear": output.Clear(true); break;
            case "ask": output.Stream("stdout", $"got {output.ReadLine(rest, false) ?? "nothing"}\n"); break;
            case "secret": output.Stream("stdout", $"got {output.ReadLine(rest, true) ?? "nothing"}\n"); break;
            case "fail": throw new InvalidOperationException(rest);
            case "break": throw new NotSupportedException(rest);
            case "set": _variables[pair[0]] = pair[1]; break;
            case "get": output.Stream("stdout", _variables.GetValueOrDefault(rest, "(unknown)") + "\n"); break;
            case "wait": Waits.Set(); cancellation.WaitHandle.WaitOne(); cancellation.ThrowIfCancellationRequested(); break;
            case "gate": Waits.Set(); _gate.Wait(cancellation); break;
            case "later":
                new Thread(() => { _gate.Wait(); output.Stream("stdout", rest + "\n"); }) { IsBackground = true }.Start();
                break;
        }
    }
}
