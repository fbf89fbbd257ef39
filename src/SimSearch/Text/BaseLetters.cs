using System.Text;

namespace SimSearch.Text;

/// <summary>
/// Takes accents off: canonical decomposition (NFD), then without the non-spacing marks. With a table of its own, because the program runs without ICU (invariant globalisation),
/// where .NET's own normalisation leaves text as it is; so the result is the same on every machine.
/// </summary>
internal static partial class BaseLetters
{
    private static readonly Dictionary<Rune, string> Bases = Table.Split(' ').ToDictionary(entry => Rune.GetRuneAt(entry, 0), entry => entry[Rune.GetRuneAt(entry, 0).Utf16SequenceLength..]);

    /// <summary>Appends what is left of a character: itself, its base letters, or nothing when it is a mark.</summary>
    public static void Append(Rune rune, StringBuilder text)
    {
        const int syllables = 0xAC00, vowels = 21, tails = 28;
        if (rune.IsAscii) text.Append((char)rune.Value);
        else if (rune.Value is >= syllables and <= 0xD7A3)
        {
            int index = rune.Value - syllables, tail = index % tails; // a Hangul syllable is lead, vowel and perhaps a tail (Unicode, section 3.12)
            text.Append((char)(0x1100 + index / (vowels * tails))).Append((char)(0x1161 + index / tails % vowels));
            if (tail > 0) text.Append((char)(0x11A7 + tail));
        }
        else if (Bases.TryGetValue(rune, out string? known)) text.Append(known);
        else if (Rune.GetUnicodeCategory(rune) != System.Globalization.UnicodeCategory.NonSpacingMark) text.Append(rune.ToString());
    }
}
