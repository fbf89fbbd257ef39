using System.Text.RegularExpressions;

namespace SimSearch.Notebooks;

/// <summary>Text with a terminal's control sequences.</summary>
internal static partial class AnsiText
{
    /// <summary>The text without colours, cursor movements and titles.</summary>
    public static string Plain(string text) => text.Contains('\x1b') ? Sequence().Replace(text, "") : text;

    [GeneratedRegex(@"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)?|[@-Z\\^_])", RegexOptions.CultureInvariant)]
    private static partial Regex Sequence();
}
