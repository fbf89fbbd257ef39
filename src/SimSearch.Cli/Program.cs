using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Parsing;
using SimSearch.Cli.Commands;
using SimSearch.Cli.Terminal;

namespace SimSearch.Cli;

/// <summary>Parses the command line, runs one command and turns whatever happens into an exit code: 0 done, 1 failed, 2 misused.</summary>
internal static class Program
{
    private const int Failed = 1, Misused = 2;

    private static int Main(string[] args)
    {
        using var stop = new CancellationTokenSource();
        // The first Ctrl-C asks the work to stop in good order, a second one ends the process.
        Console.CancelKeyPress += (_, e) => { e.Cancel = !stop.IsCancellationRequested; stop.Cancel(); };

        var parsed = Root(stop.Token).Parse(args is [] ? ["--help"] : args);
        var screen = new Screen(parsed.GetValue(CommonOptions.Json), parsed.GetValue(CommonOptions.Verbose));
        // Mostly a shell variable that is not set; further in, nobody could say any more which argument it was.
        if (Array.FindIndex(args, string.IsNullOrWhiteSpace) is >= 0 and var blank && parsed.Action is not HelpExamples)
        {
            screen.Error($"argument {blank + 1}{(blank > 0 ? $" (after '{args[blank - 1]}')" : "")} is empty; fill it in or leave it out");
            screen.Hint($"see: {parsed.CommandResult.Command.FullName()} --help");
            return Misused;
        }
        if (parsed.Errors.Count > 0 && parsed.Action is not HelpExamples)
        {
            // One line says enough; a word that is nowhere known explains the errors beside it.
            screen.Error(parsed.UnmatchedTokens is [var unknown, ..] ? $"'{unknown}' is not known to '{parsed.CommandResult.Command.FullName()}'" : MessageOf(parsed.Errors[0]));
            screen.Hint($"see: {parsed.CommandResult.Command.FullName()} --help");
            return Misused;
        }
        try
        {
            return parsed.Invoke(new InvocationConfiguration { EnableDefaultExceptionHandler = false, ProcessTerminationTimeout = null });
        }
        catch (Exception error)
        {
            screen.Error(Explanation.Of(error), error);
            if (error is not UsageException) return Failed;
            screen.Hint($"see: {parsed.CommandResult.Command.FullName()} --help");
            return Misused;
        }
    }

    /// <summary>The parser's own words, but for a missing argument or command, which it does not name.</summary>
    private static string MessageOf(ParseError error) => error.SymbolResult switch
    {
        ArgumentResult { Tokens.Count: 0, Argument.Name: var name, Parent: CommandResult } => $"{name} is missing",
        CommandResult { Command: { Subcommands.Count: > 0 } command } => $"'{command.FullName()}' is followed by one of {string.Join(", ", command.Subcommands.Select(c => c.Name))}",
        _ => error.Message,
    };

    private static Command Root(CancellationToken stop)
    {
        // Not a RootCommand: that one is named after the file it lies in, which nobody types.
        var root = new Command("simsearch", "Similarity search on sounds, images, texts and vectors: features, embeddings, FAISS indexes, search, evaluation, and a report to look at and listen to.");
        foreach (var command in (Command[])
                 [
                     RunCommand.Create(stop), DatasetsCommand.Create(stop), ModelsCommand.Create(stop), FeaturesCommand.Create(stop), ResampleCommand.Create(stop),
                     EmbedCommand.Create(stop), IndexCommand.Create(stop), AddCommand.Create(stop), RemoveCommand.Create(stop),
                     ProjectCommand.Create(stop),
                     SearchCommand.Create(stop), EvaluateCommand.Create(stop), TrainCommand.Create(stop), NotebookCommand.Create(stop), ReportCommand.Create(stop), KernelCommand.Create(stop), DoctorCommand.Create(stop),
                 ])
            root.Subcommands.Add(command);
        foreach (var option in CommonOptions.All) root.Options.Add(option);
        root.WithExamples(
            "simsearch run                                              the whole path on synthetic sounds, with a report",
            "simsearch embed sounds --embedder combined-stats --out e   a folder of class folders to vectors",
            "simsearch index build e --factory Flat --metric cosine --out i",
            "simsearch search i query.wav -k 5");
        var help = new HelpOption();
        help.Action = new HelpExamples((HelpAction)help.Action!);
        root.Options.Add(help);
        root.Options.Add(new VersionOption());
        return root;
    }
}
