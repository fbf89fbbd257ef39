using System.Collections.Concurrent;
using System.Text;

namespace SimSearch.Notebooks.Tests;

/// <summary>Collects what a cell puts out.</summary>
internal sealed class Recorder : ICellOutput
{
    private readonly StringBuilder stdout = new();
    private readonly StringBuilder stderr = new();
    private int inside;

    public ConcurrentQueue<string> Order { get; } = new();
    public ConcurrentQueue<CellDisplay> Displays { get; } = new();
    public Func<string, bool, string?> Answer { get; set; } = (_, _) => null;
    public bool CalledFromTwoAtOnce { get; private set; }
    public string Out { get { lock (stdout) return stdout.ToString(); } }
    public string Err { get { lock (stderr) return stderr.ToString(); } }
    public CellDisplay Result => Displays.Single(d => d.IsResult);
    public string ResultText => Result.Data["text/plain"];

    public void Stream(string name, string text)
    {
        Enter();
        var stream = name == "stdout" ? stdout : stderr;
        lock (stream) stream.Append(text);
        Order.Enqueue($"{name}:{text}");
        Leave();
    }

    public void Display(CellDisplay display)
    {
        Enter();
        Displays.Enqueue(display);
        Order.Enqueue("display:" + display.Data.GetValueOrDefault("text/plain"));
        Leave();
    }

    public void Clear(bool wait) => Order.Enqueue($"clear:{wait}");

    public string? ReadLine(string prompt, bool password) => Answer(prompt, password);

    private void Enter() => CalledFromTwoAtOnce |= Interlocked.Increment(ref inside) != 1;

    private void Leave() => Interlocked.Decrement(ref inside);
}

/// <summary>An engine with short ways to run cells.</summary>
internal sealed class CellSession : IAsyncDisposable
{
    // A busy machine may take its time: whether a cell stops must not depend on it.
    public CSharpEngine Engine { get; init; } = new() { Patience = TimeSpan.FromMinutes(2) };

    public async Task<(CellResult Result, Recorder Output)> RunAsync(string code, bool silent = false, Recorder? output = null)
    {
        output ??= new Recorder();
        // Long enough for a machine that is busy with other things; only a hang takes it.
        var result = await Engine.ExecuteAsync(code, output, silent, CancellationToken.None).WaitAsync(TimeSpan.FromMinutes(3));
        Assert.False(output.CalledFromTwoAtOnce);
        return (result, output);
    }

    public async Task<Recorder> OkAsync(string code)
    {
        var (result, output) = await RunAsync(code);
        Assert.True(result.Status == CellStatus.Ok, string.Join('\n', result.Error?.Trace ?? []));
        return output;
    }

    public async Task<string> TextAsync(string code) => (await OkAsync(code)).ResultText;

    public async Task<CellError> FailsAsync(string code)
    {
        var (result, _) = await RunAsync(code);
        Assert.Equal(CellStatus.Error, result.Status);
        return result.Error!;
    }

    public ValueTask DisposeAsync() => Engine.DisposeAsync();
}
