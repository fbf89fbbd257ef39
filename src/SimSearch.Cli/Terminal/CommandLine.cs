namespace SimSearch.Cli.Terminal;

/// <summary>The command as it was typed.</summary>
internal static class CommandLine
{
    /// <summary>"simsearch run sounds --seed 3", quoted so that a shell reads it again.</summary>
    public static string Typed { get; } = string.Join(' ', ["simsearch", .. Environment.GetCommandLineArgs().Skip(1).Select(Quoted)]);

    /// <summary>A word as a shell reads it.</summary>
    public static string Quoted(string word) =>
        word.Length > 0 && word.All(c => char.IsAsciiLetterOrDigit(c) || "-_./,=:+@%".Contains(c)) ? word : $"'{word.Replace("'", "'\\''")}'";
}
