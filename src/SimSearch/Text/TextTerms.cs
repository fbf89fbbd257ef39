using System.Text.RegularExpressions;

namespace SimSearch.Text;

/// <summary>What is counted in a text. Like scikit-learn's analyzers.</summary>
public static partial class TextTerms
{
    /// <summary>Words of two or more word characters (letters with their marks, decimal digits, connectors), in lower case, and runs of them joined by a blank.</summary>
    /// <param name="text">Any text.</param>
    /// <param name="fewest">Fewest words of a run, 1 or more.</param>
    /// <param name="most">Most words of a run.</param>
    public static IEnumerable<string> Words(string text, int fewest = 1, int most = 1)
    {
        ArgumentNullException.ThrowIfNull(text);
        Check(fewest, most);
        string[] words = [.. Word().Matches(text.ToLowerInvariant()).Select(m => m.Value)];
        for (int n = fewest; n <= most; n++)
            for (int i = 0; i + n <= words.Length; i++) yield return n == 1 ? words[i] : string.Join(' ', words, i, n);
    }

    /// <summary>Runs of characters that do not cross the bounds of words; a word has a blank before and behind it. Words are what white space separates, in lower case.</summary>
    /// <param name="text">Any text.</param>
    /// <param name="fewest">Fewest characters of a run, 1 or more.</param>
    /// <param name="most">Most characters of a run. Of a word shorter than a run, the whole is given once.</param>
    public static IEnumerable<string> Characters(string text, int fewest = 3, int most = 3)
    {
        ArgumentNullException.ThrowIfNull(text);
        Check(fewest, most);
        foreach (string word in text.ToLowerInvariant().Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries))
        {
            string padded = $" {word} ";
            for (int n = fewest; n <= most; n++)
            {
                if (padded.Length <= n)
                {
                    yield return padded;
                    break;
                }
                for (int i = 0; i + n <= padded.Length; i++) yield return padded.Substring(i, n);
            }
        }
    }

    private static void Check(int fewest, int most)
    {
        if (fewest < 1 || most < fewest || most > 16) throw new ArgumentOutOfRangeException(nameof(fewest), $"runs of {fewest} to {most} must be of 1 to 16, the fewest first");
    }

    [GeneratedRegex(@"\b\w\w+\b")]
    private static partial Regex Word();
}
