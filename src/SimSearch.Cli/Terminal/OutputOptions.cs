using System.CommandLine;
using System.CommandLine.Parsing;
using System.Runtime.CompilerServices;
using SimSearch.Storage;

namespace SimSearch.Cli.Terminal;

/// <summary>
/// Options that say where a result goes. Before a command's work begins, each that has a value is looked at: minutes of embedding are not spent on something that cannot be written.
/// </summary>
internal static class OutputOptions
{
    private static readonly ConditionalWeakTable<Option, Action<string>> Checks = [];

    extension<T>(Option<T> option) where T : class?
    {
        /// <summary>The value is a file to write.</summary>
        public Option<T> IsFile() => option.IsOutput(path => OutputPlace.CheckFile(path));

        /// <summary>The value is a folder to write into.</summary>
        public Option<T> IsFolder() => option.IsOutput(path => OutputPlace.CheckFolder(path));

        /// <summary>The value is a place of its own kind.</summary>
        /// <param name="check">Throws when nothing can be written there.</param>
        public Option<T> IsOutput(Action<string> check)
        {
            Checks.Add(option, check);
            return option;
        }
    }

    /// <summary>Checks every output of a call.</summary>
    /// <exception cref="SimSearchException">Nothing can be written there; the message begins with the option.</exception>
    public static void Check(ParseResult parsed)
    {
        foreach (var option in parsed.CommandResult.Command.Options)
        {
            if (!Checks.TryGetValue(option, out var check) || parsed.GetResult(option) is not { } result || result.GetValueOrDefault<string?>() is not { } path) continue;
            try { check(path); }
            catch (SimSearchException e) { throw new SimSearchException($"{option.Name} {e.Message}", e); }
        }
    }
}
