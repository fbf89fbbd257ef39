using System.Globalization;
using System.Text;

namespace SimSearch.Text;

/// <summary>
/// BERT's tokenizer: text is cleaned and split at white space, punctuation and Chinese characters; then every word is cut, from the left, into the longest pieces of the vocabulary.
/// Immutable; safe to use from several threads at once.
/// </summary>
/// <remarks>
/// Cleaning drops control characters, U+FFFD and halves of surrogate pairs and takes every white space for a blank. Lower-casing takes accents off too, as BERT's uncased models expect; each
/// character is lowered alone. A word of more than 100 characters (200 in the first publication), or one that cannot be cut, becomes [UNK]; [SEP] and its like in a text are text. Source: Devlin et al. 2018, and its published code.
/// </remarks>
public sealed class WordPieceTokenizer
{
    private const int MaxWord = 100, MaxTokens = 1_000_000, MaxTokenLength = 200, MaxBytes = 64 << 20;

    private readonly Dictionary<string, int> ids;
    private readonly Dictionary<string, int>.AlternateLookup<ReadOnlySpan<char>> lookup;
    private readonly int longest, unknown, begin, end;

    /// <summary>Makes a tokenizer.</summary>
    /// <param name="vocabulary">The pieces; a piece's place is its id. Must hold [PAD], [UNK], [CLS] and [SEP]; pieces inside words begin with ##.</param>
    /// <param name="lowerCase">Whether text is lowered and loses its accents first; what the model was trained with.</param>
    /// <exception cref="SimSearchException">The vocabulary is empty, holds an empty piece, one of more than 200 characters or one twice, or lacks a special one.</exception>
    public WordPieceTokenizer(IReadOnlyList<string> vocabulary, bool lowerCase = true)
    {
        ArgumentNullException.ThrowIfNull(vocabulary);
        if (vocabulary.Count is < 1 or > MaxTokens) throw new SimSearchException($"the vocabulary has {vocabulary.Count} pieces; it must have 1 to {MaxTokens}");
        ids = new(vocabulary.Count, StringComparer.Ordinal);
        for (int i = 0; i < vocabulary.Count; i++)
        {
            if (vocabulary[i].Length is 0 or > MaxTokenLength) throw new SimSearchException($"line {i + 1} of the vocabulary has {vocabulary[i].Length} characters; every line must hold one piece of 1 to {MaxTokenLength}");
            if (!ids.TryAdd(vocabulary[i], i)) throw new SimSearchException($"line {i + 1} of the vocabulary repeats '{vocabulary[i]}' of line {ids[vocabulary[i]] + 1}; every piece must have one id");
        }
        lookup = ids.GetAlternateLookup<ReadOnlySpan<char>>();
        longest = vocabulary.Max(piece => piece.Length);
        (PadId, unknown, begin, end, LowerCase) = (Special("[PAD]"), Special("[UNK]"), Special("[CLS]"), Special("[SEP]"), lowerCase);
    }

    /// <summary>Number of pieces.</summary>
    public int Count => ids.Count;

    /// <summary>Whether text is lowered and loses its accents.</summary>
    public bool LowerCase { get; }

    /// <summary>The id that fills up short texts.</summary>
    public int PadId { get; }

    /// <summary>Reads a vocab.txt: UTF-8, one piece a line, the first line being id 0.</summary>
    /// <param name="path">The file, up to 64 MiB.</param>
    /// <param name="lowerCase">Whether text is lowered and loses its accents first.</param>
    /// <exception cref="SimSearchException">The file is missing, too large, not UTF-8, or no vocabulary.</exception>
    public static WordPieceTokenizer Load(string path, bool lowerCase = true)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        var file = new FileInfo(path);
        if (!file.Exists) throw new SimSearchException($"vocabulary '{path}' does not exist; it is the vocab.txt that comes with the model");
        if (file.Length > MaxBytes) throw new SimSearchException($"vocabulary '{path}' has {file.Length} bytes, more than the {MaxBytes} allowed");
        return Parse(File.ReadAllBytes(path), lowerCase, path);
    }

    /// <summary>Reads a vocabulary from the bytes of its file.</summary>
    /// <param name="utf8">The file.</param>
    /// <param name="lowerCase">Whether text is lowered and loses its accents first.</param>
    /// <param name="source">Where it comes from, for messages.</param>
    /// <exception cref="SimSearchException">It is not UTF-8, or no vocabulary.</exception>
    public static WordPieceTokenizer Parse(ReadOnlySpan<byte> utf8, bool lowerCase = true, string source = "the vocabulary")
    {
        try
        {
            string text = new UTF8Encoding(false, throwOnInvalidBytes: true).GetString(utf8);
            return new(text.TrimEnd('\n', '\r').Split('\n').Select(line => line.TrimEnd('\r')).ToArray(), lowerCase);
        }
        catch (Exception e) when (e is DecoderFallbackException or SimSearchException)
        {
            throw new SimSearchException($"{source}: is not a WordPiece vocabulary: {e.Message}", e);
        }
    }

    /// <summary>The ids of a text, with [CLS] before and [SEP] behind.</summary>
    /// <param name="text">Any text; may be empty.</param>
    /// <param name="maxLength">Most ids to give, both special ones among them, 2 or more; the rest of the text is left out.</param>
    public long[] Encode(string text, int maxLength = 512)
    {
        ArgumentNullException.ThrowIfNull(text);
        if (maxLength < 2) throw new ArgumentOutOfRangeException(nameof(maxLength), $"max length={maxLength} must be 2 or more");
        var found = new List<long> { begin };
        foreach (string word in Words(text))
        {
            if (found.Count >= maxLength - 1) break;
            AddPieces(word, found);
        }
        if (found.Count > maxLength - 1) found.RemoveRange(maxLength - 1, found.Count - maxLength + 1);
        found.Add(end);
        return [.. found];
    }

    /// <summary>The words of a text before they are cut into pieces, one at a time, so that a huge text costs only what is used of it.</summary>
    internal IEnumerable<string> Words(string text)
    {
        StringBuilder word = new(), bare = new();
        foreach (var original in text.EnumerateRunes())
        {
            if (original.Value is '\t' or '\n' or '\r' || Rune.GetUnicodeCategory(original) is UnicodeCategory.SpaceSeparator or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator)
            {
                if (word.Length > 0) yield return Taken(word);
                continue;
            }
            // EnumerateRunes gives U+FFFD for half of a surrogate pair, so those go as well.
            if (original.Value == 0xFFFD || IsControl(Rune.GetUnicodeCategory(original))) continue;
            bool alone = IsChinese(original.Value);
            bare.Clear();
            if (LowerCase) BaseLetters.Append(original, bare);
            else bare.Append(original.ToString());
            foreach (var letter in bare.ToString().EnumerateRunes())
            {
                bool split = alone || IsPunctuation(letter);
                if (split && word.Length > 0) yield return Taken(word);
                word.Append((LowerCase ? Rune.ToLowerInvariant(letter) : letter).ToString());
                if (split) yield return Taken(word);
            }
        }
        if (word.Length > 0) yield return Taken(word);
    }

    private static string Taken(StringBuilder word)
    {
        string text = word.ToString();
        word.Clear();
        return text;
    }

    private void AddPieces(string word, List<long> found)
    {
        int first = found.Count, start = 0;
        bool isLong = word.Length > MaxWord && word.EnumerateRunes().Count() > MaxWord;
        Span<char> piece = stackalloc char[MaxTokenLength + 2];
        while (start < word.Length && !isLong)
        {
            int prefix = start > 0 ? 2 : 0, length = Math.Min(word.Length - start, longest - prefix), id = -1;
            if (prefix > 0) "##".CopyTo(piece);
            if (length > 0) word.AsSpan(start, length).CopyTo(piece[prefix..]);
            while (length > 0 && !lookup.TryGetValue(piece[..(prefix + length)], out id)) length--;
            if (length <= 0)
            {
                isLong = true;
                break;
            }
            found.Add(id);
            start += length;
        }
        if (!isLong) return;
        found.RemoveRange(first, found.Count - first);
        found.Add(unknown);
    }

    private int Special(string piece) => ids.TryGetValue(piece, out int id) ? id : throw new SimSearchException($"the vocabulary has no {piece}; a BERT vocabulary has [PAD], [UNK], [CLS] and [SEP]");

    private static bool IsControl(UnicodeCategory category) =>
        category is UnicodeCategory.Control or UnicodeCategory.Format or UnicodeCategory.Surrogate or UnicodeCategory.PrivateUse or UnicodeCategory.OtherNotAssigned;

    /// <summary>Unicode's punctuation, and of ASCII everything that is neither letter, digit nor blank, as BERT has it.</summary>
    private static bool IsPunctuation(Rune rune) => rune.IsAscii
        ? !Rune.IsLetterOrDigit(rune) && rune.Value > ' '
        : Rune.IsPunctuation(rune);

    // The blocks of Chinese characters that BERT's code lists; Japanese syllables and Korean are written with blanks or left to the pieces.
    private static bool IsChinese(int c) => c is >= 0x4E00 and <= 0x9FFF or >= 0x3400 and <= 0x4DBF or >= 0x20000 and <= 0x2A6DF or >= 0x2A700 and <= 0x2B73F or >= 0x2B740 and <= 0x2B81F
        or >= 0x2B820 and <= 0x2CEAF or >= 0xF900 and <= 0xFAFF or >= 0x2F800 and <= 0x2FA1F;
}
