using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Invocation;
using System.Runtime.CompilerServices;
using SimSearch.Faiss;

namespace SimSearch.Cli.Terminal;

/// <summary>The usual help, with the command's examples below it.</summary>
internal sealed class HelpExamples(HelpAction usual) : SynchronousCommandLineAction
{
    /// <inheritdoc/>
    public override bool ClearsParseErrors => true;

    /// <inheritdoc/>
    public override int Invoke(ParseResult parseResult)
    {
        int result = usual.Invoke(parseResult);
        var examples = parseResult.CommandResult.Command.Examples();
        if (examples.Count == 0) return result;
        var output = parseResult.InvocationConfiguration.Output;
        output.WriteLine("Examples:");
        foreach (string example in examples) output.WriteLine($"  {example}");
        output.WriteLine();
        return result;
    }
}

/// <summary>What every command here has: examples and a body that gets its screen and its token.</summary>
internal static class CommandExtensions
{
    private static readonly ConditionalWeakTable<Command, string[]> ExamplesOf = [];

    extension(Command command)
    {
        /// <summary>Adds lines to the command's help.</summary>
        public Command WithExamples(params string[] examples)
        {
            ExamplesOf.Add(command, examples);
            return command;
        }

        /// <summary>The lines given to <see cref="WithExamples"/>, or none.</summary>
        public IReadOnlyList<string> Examples() => ExamplesOf.TryGetValue(command, out var examples) ? examples : [];

        /// <summary>The command as typed: "simsearch index build".</summary>
        public string FullName() => command.Parents.OfType<Command>().FirstOrDefault() is { } parent ? $"{parent.FullName()} {command.Name}" : "simsearch";

        /// <summary>Sets what the command does.</summary>
        public Command Does(CancellationToken stop, Action<Invocation> body)
        {
            command.SetAction(parsed =>
            {
                if (parsed.GetValue(CommonOptions.Threads) is > 0 and var threads) FaissRuntime.Threads = threads;
                OutputOptions.Check(parsed);
                body(new Invocation(parsed, new Screen(parsed.GetValue(CommonOptions.Json), parsed.GetValue(CommonOptions.Verbose)), stop));
                return 0;
            });
            return command;
        }
    }
}

/// <summary>One call of a command: its parsed options, where it prints, and the token that Ctrl-C cancels.</summary>
internal sealed record Invocation(ParseResult Parsed, Screen Screen, CancellationToken Stop)
{
    /// <summary>The value of an option.</summary>
    public T Get<T>(Option<T> option) => Parsed.GetValue(option)!;

    /// <summary>The value of an argument.</summary>
    public T Get<T>(Argument<T> argument) => Parsed.GetValue(argument)!;

    /// <summary>Whether the option was typed, rather than left to its default.</summary>
    public bool Given(Option option) => Parsed.GetResult(option) is { Implicit: false };

    /// <summary>--threads, or all cores.</summary>
    public int Threads => Get(CommonOptions.Threads) is > 0 and var n ? n : Environment.ProcessorCount;

    /// <summary>--seed.</summary>
    public int Seed => Get(CommonOptions.Seed);
}
