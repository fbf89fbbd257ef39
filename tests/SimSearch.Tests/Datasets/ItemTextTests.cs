using System.Globalization;
using SimSearch.Datasets;

namespace SimSearch.Tests;

/// <summary>A text becomes one line of a list, whatever it is.</summary>
public sealed class ItemTextTests
{
    [Theory]
    [InlineData("", "")]
    [InlineData("  two\r\n\twords \u2028 ", "two words")]
    [InlineData("exactly ten", "exactly t…")]
    [InlineData("tenletters", "tenletters")]
    [InlineData("a\u202Eb\u2066c", "a b c")] // marks that would turn the rest of the line around
    [InlineData("\u001b[31mred", "[31mred")]
    [InlineData("ninechars and more", "ninechars…")]
    [InlineData("e\u0301e\u0301e\u0301e\u0301e\u0301e\u0301e\u0301e\u0301e\u0301e\u0301e\u0301", "e\u0301e\u0301e\u0301e\u0301e\u0301e\u0301e\u0301e\u0301e\u0301…")]
    [InlineData("👩‍👩‍👧👩‍👩‍👧", "👩‍👩‍👧👩‍👩‍👧")]
    public void One_line_of_ten(string text, string expected) => Assert.Equal(expected, ItemText.OneLine(text, 10));

    [Fact]
    public void Never_longer_than_asked_and_never_inside_a_character()
    {
        var random = new Random(3);
        string[] pieces = ["a", " ", "\n", "é", "😀", "e\u0301", "\ud83d", "\0", "界", "\u202e"];
        for (int i = 0; i < 2000; i++)
        {
            string text = string.Concat(Enumerable.Range(0, random.Next(40)).Select(_ => pieces[random.Next(pieces.Length)]));
            int most = random.Next(1, 30);
            string line = ItemText.OneLine(text, most);
            Assert.True(new StringInfo(line).LengthInTextElements <= most, $"'{text}' at {most}");
            Assert.DoesNotContain('\n', line);
            Assert.Equal(line.Trim(), line);
            if (!line.EndsWith('…')) Assert.Equal(text.Where(c => !char.IsWhiteSpace(c) && !char.IsControl(c) && c != '\u202e'), line.Where(c => c != ' '));
        }
        Assert.InRange(ItemText.OneLine("a" + new string('\u0301', 1_000_000), 80).Length, 1, 16);
        Assert.Throws<ArgumentOutOfRangeException>(() => ItemText.OneLine("a", 0));
    }

    [Fact]
    public void A_transcript_does_not_make_a_sound_a_text()
    {
        var words = new Dictionary<string, string> { [ItemText.Key] = "said" };
        Assert.True(new Item { Id = "a", Source = "t.TSV", Metadata = words }.IsText);
        var sound = new Item { Id = "a", Source = "a.wav", Metadata = words };
        Assert.Equal((false, "said"), (sound.IsText, sound.Text));
        Assert.Equal((false, ""), (new Item { Id = "a", Source = "t.csv" }.IsText, new Item { Id = "a", Source = "t.csv" }.Excerpt()));
    }
}
