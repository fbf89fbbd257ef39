using System.Globalization;

namespace SimSearch.Datasets;

/// <summary>The words of an item: its text when it is one, or what is said in a sound whose table has such a column.</summary>
public static class ItemText
{
    /// <summary>Where an item keeps its text, among its <see cref="Item.Metadata"/>.</summary>
    public const string Key = "text";

    private const int ExcerptLength = 80;

    extension(Item item)
    {
        /// <summary>The text, or null when the item has none.</summary>
        public string? Text => item.Metadata.GetValueOrDefault(Key);

        /// <summary>Whether the item is nothing but its text, the row of a table (.csv or .tsv), so that there is no sound to play and no seconds to name.</summary>
        public bool IsText => item.Text is not null && Path.GetExtension(item.Source).ToLowerInvariant() is ".csv" or ".tsv" or "";

        /// <summary>Whether the item is an image, by the name of its file.</summary>
        public bool IsImage => Dataset.IsImageFile(item.Source);

        /// <summary>The text for a list: see <see cref="OneLine"/>; empty when the item has none.</summary>
        /// <param name="most">Most characters (as people count them), 1 or more; 80 by default.</param>
        public string Excerpt(int most = ExcerptLength) => item.Text is { } text ? OneLine(text, most) : "";
    }

    /// <summary>
    /// A text in one line: every run of white space and control characters becomes one space, what is longer than <paramref name="most"/> is cut before a character, never inside one, and ends in "…".
    /// </summary>
    /// <param name="text">Any text; of a very long one only the beginning is looked at.</param>
    /// <param name="most">Most characters (as people count them: an accent belongs to its letter), 1 or more; 80 by default.</param>
    public static string OneLine(string text, int most = ExcerptLength)
    {
        ArgumentNullException.ThrowIfNull(text);
        ArgumentOutOfRangeException.ThrowIfLessThan(most, 1);
        const int perCharacter = 16; // code units; more than that is a pile of accents, made to fill the screen
        var line = new List<string>(Math.Min(most, text.Length) + 2);
        bool gap = false;
        for (int at = 0, length; at < text.Length && line.Count <= most; at += length)
        {
            length = StringInfo.GetNextTextElementLength(text, at);
            bool blank = char.IsWhiteSpace(text[at]) || char.IsControl(text[at]) || IsSteering(text[at]);
            if (!blank)
            {
                if (gap) line.Add(" ");
                line.Add(text.Substring(at, Math.Min(length, perCharacter)));
            }
            gap = blank && line.Count > 0;
        }
        return line.Count <= most ? string.Concat(line) : string.Concat(line.Take(most - 1)).TrimEnd() + "…";
    }

    /// <summary>Characters that turn the direction of what follows or end a line, wherever they stand.</summary>
    private static bool IsSteering(char c) => c is >= '\u202A' and <= '\u202E' or >= '\u2066' and <= '\u2069' or '\u2028' or '\u2029';
}
