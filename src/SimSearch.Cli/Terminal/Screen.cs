using System.Text.Json;
using System.Text.Json.Nodes;
using Spectre.Console;

namespace SimSearch.Cli.Terminal;

/// <summary>
/// The one place that writes to the terminal. Results go to stdout, everything said on the way (progress, notes, errors) to stderr, so
/// that stdout can be piped. With <c>--json</c> stdout carries one JSON document and nothing else.
/// </summary>
internal sealed class Screen(bool json, bool verbose)
{
    private const int PlainWidth = 1000;

    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true };

    private readonly IAnsiConsole output = Open(Console.Out, Console.IsOutputRedirected);
    private readonly IAnsiConsole messages = Open(Console.Error, Console.IsErrorRedirected);

    /// <summary>Colours and line breaks are for terminals: a file or a pipe gets plain text with one message a line.</summary>
    private static IAnsiConsole Open(TextWriter writer, bool redirected)
    {
        var console = AnsiConsole.Create(new AnsiConsoleSettings
        {
            Out = new AnsiConsoleOutput(writer),
            Ansi = redirected ? AnsiSupport.No : AnsiSupport.Detect,
            ColorSystem = redirected ? ColorSystemSupport.NoColors : ColorSystemSupport.Detect,
            Interactive = redirected ? InteractionSupport.No : InteractionSupport.Detect,
        });
        if (redirected) console.Profile.Width = PlainWidth;
        return console;
    }

    /// <summary>Whether stdout is for a program.</summary>
    public bool Json { get; } = json;

    /// <summary>Prints the result of a command: the document for programs, or what <paramref name="forPeople"/> draws.</summary>
    public void Result(JsonNode document, Action<IAnsiConsole> forPeople)
    {
        if (Json) Console.Out.WriteLine(document.ToJsonString(Indented));
        else forPeople(output);
    }

    /// <summary>Says something on the way, for people; silent with --json.</summary>
    public void Say(string message)
    {
        if (!Json) messages.MarkupLineInterpolated($"[grey]{Printable(message)}[/]");
    }

    /// <summary>Says something that a terminal shows by a bar.</summary>
    public void SayInLog(string message)
    {
        if (Console.IsErrorRedirected) Say(message);
    }

    /// <summary>Warns; also with --json, since stderr is not part of the document.</summary>
    public void Warn(string message) => messages.MarkupLineInterpolated($"[yellow]warning:[/] {Printable(message)}");

    /// <summary>Reports why the command failed, in one or two lines; the stack trace only when asked for.</summary>
    public void Error(string message, Exception? cause = null)
    {
        messages.MarkupLineInterpolated($"[red]error:[/] {Printable(message)}");
        if (verbose && cause is not null) Console.Error.WriteLine(cause);
    }

    /// <summary>Names of files and columns come from outside; none of them may steer the terminal.</summary>
    private static string Printable(string text) => string.Concat(text.Select(c => char.IsControl(c) && c != '\n' ? '\uFFFD' : c));

    /// <summary>Says where to read on after an error.</summary>
    public void Hint(string message) => messages.MarkupLineInterpolated($"{message}");

    /// <summary>Runs long work under a progress bar on a terminal, under an occasional line elsewhere, silently with --json.</summary>
    /// <param name="work">What is done.</param>
    /// <param name="passing">One of many, of each of which a line is said when it is done: its bar goes when it ends, and a log has that line only.</param>
    public T Track<T>(Func<IProgress<Progress>, T> work, bool passing = false)
    {
        if (Json || (passing && Console.IsErrorRedirected)) return work(new ProgressBar(_ => { }));
        if (Console.IsErrorRedirected) return work(new ProgressBar(new ProgressLines(Say).Draw));
        T result = default!;
        messages.Progress()
            .AutoClear(passing)
            .Columns(new TaskDescriptionColumn { Alignment = Justify.Left }, new ProgressBarColumn { Width = 30 }, new PercentageColumn(), new RemainingTimeColumn(), new SpinnerColumn())
            .Start(context => result = work(new ProgressBar(new TerminalBars(context).Draw)));
        return result;
    }

    /// <summary>One bar a step.</summary>
    private sealed class TerminalBars(ProgressContext context)
    {
        private readonly Dictionary<string, ProgressTask> bars = [];

        public void Draw(Progress value)
        {
            if (!bars.TryGetValue(value.Step, out var bar))
            {
                // A step of unknown size is over when the next begins; others end by themselves, and two may go on at once.
                foreach (var earlier in bars.Values.Where(b => b.IsIndeterminate)) earlier.StopTask();
                bars[value.Step] = bar = context.AddTask(Markup.Escape(value.Step), autoStart: true);
            }
            bar.IsIndeterminate = value.Total <= 0;
            bar.MaxValue = Math.Max(1, value.Total);
            bar.Value = value.Done;
        }
    }

    /// <summary>A line when a step begins and at each further quarter: enough for a log file.</summary>
    private sealed class ProgressLines(Action<string> say)
    {
        private readonly Dictionary<string, long> quarters = [];

        public void Draw(Progress value)
        {
            long now = value.Total > 0 ? 4 * value.Done / value.Total : 0;
            if (quarters.TryGetValue(value.Step, out long before) && now == before) return;
            quarters[value.Step] = now;
            say(value.Total > 0 ? $"{value.Step}: {value.Done} of {value.Total}" : value.Step);
        }
    }
}
