using System.Globalization;
using System.Text;
using SimSearch.Text;

namespace SimSearch.Tests.Text;

public sealed class WordPieceTokenizerTests
{
    private static readonly string[] Pieces =
        ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "want", "##want", "##ed", "wa", "un", "runn", "##ing", ",", "low", "##est", "a", "##a", "中", "文", "e", "##e", ";", "`", "ᄒ", "##ᅡ", "##ᆫ", "🙂"];

    private static readonly WordPieceTokenizer Tokenizer = new(Pieces);

    private static string[] Cut(string text, int maxLength = 512, WordPieceTokenizer? tokenizer = null) => [.. (tokenizer ?? Tokenizer).Encode(text, maxLength).Select(id => Pieces[(int)id])];

    // The first row is the example of BERT's own tests; the others are worked out by hand from its rules.
    [Theory]
    [InlineData("UNwant\u00E9d,running", "un ##want ##ed , runn ##ing")]
    [InlineData("  lowest \t\r\n a\u00A0a ", "low ##est a a")]
    [InlineData("a\u2028a\u2029a\u0085a", "a a a ##a")]
    [InlineData("lowestx", "[UNK]")]
    [InlineData("a中文a", "a 中 文 a")]
    [InlineData("a\u0000a\uFFFDa\u200Da", "a ##a ##a ##a")]
    [InlineData("\u00C9e\u0301E", "e ##e ##e")]
    [InlineData("\u037E\u1FEFa", "; ` a")]
    [InlineData("한", "ᄒ ##ᅡ ##ᆫ")]
    [InlineData("🙂", "🙂")]
    [InlineData("[SEP]", "[UNK] [UNK] [UNK]")]
    [InlineData("\u0301", "")]
    [InlineData("", "")]
    public void Cuts_as_BERT_does(string text, string pieces) => Assert.Equal($"[CLS] {pieces} [SEP]".Split(' ', StringSplitOptions.RemoveEmptyEntries), Cut(text));

    // BERT's published rules over Python's unicodedata 14.0, with each character lowered alone; every code point of that version was compared so.
    [Theory]
    [InlineData("Tiếng Việt, ĐẸP!", "tieng|viet|,|đep|!")]
    [InlineData("İstanbul’da ΟΔΟΣ ẞ", "istanbul|’|da|οδοσ|ß")]
    [InlineData("हिन्दी में", "हिनदी|म")]
    [InlineData("السَّلامُ", "السلام")]
    [InlineData("👩\u200D👩\u200D👧 ❤\uFE0F ok", "👩👩👧|❤|ok")]
    [InlineData("ﬁn½ Ⅷ x²", "ﬁn½|ⅷ|x²")]
    [InlineData("\uF900東京Tōkyōタワー。", "豈|東|京|tokyoタワー|。")]
    [InlineData("e\u0323\u0302\u0301 ǅ", "e|ǆ")]
    public void Words_of_many_scripts(string text, string words) => Assert.Equal(words.Split('|'), Tokenizer.Words(text));

    [Fact]
    public void Halves_of_surrogate_pairs_are_dropped() => Assert.Equal(["[CLS]", "a", "##a", "[SEP]"], Cut("a\uD83Da\uDE42"));

    [Fact]
    public void A_cased_tokenizer_keeps_case_and_accents()
    {
        var cased = new WordPieceTokenizer(Pieces, lowerCase: false);
        Assert.Equal(["[CLS]", "[UNK]", "a", "[UNK]", "[SEP]"], Cut("A a \u00E9", tokenizer: cased));
    }

    [Fact]
    public void Truncation_keeps_both_ends_and_a_word_has_at_most_100_characters()
    {
        Assert.Equal(["[CLS]", "low", "##est", "[SEP]"], Cut("lowest lowest", 4));
        Assert.Equal(["[CLS]", "[SEP]"], Cut("lowest", 2));
        Assert.Equal(102, Cut(new string('a', 100)).Length);
        Assert.Equal(["[CLS]", "[UNK]", "[SEP]"], Cut(new string('a', 101)));
        Assert.Equal(512, Cut(string.Concat(Enumerable.Repeat("a ", 2_000_000))).Length);
        Assert.Equal(["[CLS]", "[UNK]", "[SEP]"], Cut(new string('a', 4_000_000)));
        Assert.Throws<ArgumentOutOfRangeException>(() => Tokenizer.Encode("a", 1));
    }

    /// <summary>The rules once more, as plainly as possible and the slow way round, over random texts.</summary>
    [Fact]
    public void Agrees_with_a_slow_twin()
    {
        string[] parts = ["a", "e", "\u00E9", "low", "est", "un", "want", " ", ",", "中", "\u0301", "\u200B", "x", "\t", "ed", "A"];
        var random = new Random(5);
        for (int i = 0; i < 2000; i++)
        {
            string text = string.Concat(Enumerable.Range(0, random.Next(12)).Select(_ => parts[random.Next(parts.Length)]));
            Assert.Equal(Twin(text), Cut(text));
        }
    }

    private static List<string> Twin(string text)
    {
        string plain = text.Replace("\u00E9", "e").Replace("\u0301", "").Replace("\u200B", "").Replace("A", "a").Replace("\t", " ").Replace(",", " , ").Replace("中", " 中 ");
        var found = new List<string> { "[CLS]" };
        foreach (string word in plain.Split(' ', StringSplitOptions.RemoveEmptyEntries))
        {
            var own = new List<string>();
            string rest = word;
            while (rest.Length > 0)
            {
                string prefix = rest.Length == word.Length ? "" : "##";
                string? best = Pieces.Where(p => p.StartsWith(prefix, StringComparison.Ordinal) && p.Length > prefix.Length && rest.StartsWith(p[prefix.Length..], StringComparison.Ordinal)).MaxBy(p => p.Length);
                if (best is null)
                {
                    own = ["[UNK]"];
                    break;
                }
                own.Add(best);
                rest = rest[(best.Length - prefix.Length)..];
            }
            found.AddRange(own);
        }
        found.Add("[SEP]");
        return found;
    }

    [Fact]
    public void No_letter_of_Unicode_keeps_its_marks()
    {
        int changed = 0;
        for (int point = 0xA0; point < 0x30000; point++)
        {
            if (!Rune.TryCreate(point, out var rune)) continue;
            var text = new StringBuilder();
            BaseLetters.Append(rune, text);
            if (text.ToString() != rune.ToString()) changed++;
            Assert.DoesNotContain(text.ToString().EnumerateRunes(), r => Rune.GetUnicodeCategory(r) == UnicodeCategory.NonSpacingMark);
            Assert.DoesNotContain(' ', text.ToString());
        }
        Assert.True(changed > 12_000, $"{changed} characters change: the table is not the whole one");
    }

    [Theory]
    [InlineData("", "special|has 0 characters")]
    [InlineData("[PAD]\n[UNK]\n[CLS]\nx", "no [SEP]")]
    [InlineData("[PAD]\n[UNK]\n[CLS]\n[SEP]\nx\nx", "line 6 of the vocabulary repeats 'x' of line 5")]
    [InlineData("[PAD]\n[UNK]\n\n[CLS]\n[SEP]", "line 3 of the vocabulary has 0 characters")]
    public void A_damaged_vocabulary_is_refused(string file, string message) =>
        Assert.Contains(message.Split('|')[^1], Assert.Throws<SimSearchException>(() => WordPieceTokenizer.Parse(Encoding.UTF8.GetBytes(file))).Message);

    [Fact]
    public void A_vocabulary_that_is_missing_or_not_text_is_refused()
    {
        Assert.Contains("does not exist", Assert.Throws<SimSearchException>(() => WordPieceTokenizer.Load("/nowhere/vocab.txt")).Message);
        Assert.Contains("not a WordPiece vocabulary", Assert.Throws<SimSearchException>(() => WordPieceTokenizer.Parse([0xFF, 0xFE, 0x41])).Message);
        Assert.Contains("201 characters", Assert.Throws<SimSearchException>(() => new WordPieceTokenizer([.. Pieces, new string('x', 201)])).Message);
        Assert.Equal(5, WordPieceTokenizer.Parse("[PAD]\r\n[UNK]\r\n[CLS]\r\n[SEP]\r\nx\r\n"u8).Count);
    }
}
