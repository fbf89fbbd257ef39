namespace SimSearch.Charts;

/// <summary>Estimates how wide text will be, without a font at hand: rather too wide than too narrow.</summary>
internal static class TextLayout
{
    /// <summary>Estimated width of a line of text.</summary>
    public static double Width(string text, double fontSize)
    {
        double width = 0;
        foreach (char c in text)
            width += c switch
            {
                'i' or 'j' or 'l' or 't' or 'f' or 'I' or '.' or ',' or ':' or ';' or '\'' or '|' or '!' or '(' or ')' or '[' or ']' or ' ' => 0.36,
                'm' or 'w' or 'M' or 'W' or '@' or '%' => 0.92,
                >= 'A' and <= 'Z' => 0.71,
                >= '0' and <= '9' => 0.6,
                < '\u2E80' => 0.58,
                _ => char.IsSurrogate(c) ? 0.55 : 1.05,
            };
        return width * fontSize;
    }

    /// <summary>The text, cut with an ellipsis where it is wider than the room for it.</summary>
    public static string Fit(string text, double fontSize, double room)
    {
        if (Width(text, fontSize) <= room) return text;
        int keep = text.Length;
        while (keep > 1 && Width(text[..keep], fontSize) + fontSize > room) keep--;
        if (char.IsHighSurrogate(text[keep - 1])) keep--;
        return text[..keep].TrimEnd() + "…";
    }

    /// <summary>Breaks text at spaces into lines of a given width, at most so many; the last is cut with an ellipsis when there is more.</summary>
    public static List<string> Wrap(string text, double fontSize, double room, int maxLines)
    {
        var lines = new List<string>();
        string line = "";
        string[] words = text.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        for (int i = 0; i < words.Length; i++)
        {
            string longer = line.Length == 0 ? words[i] : $"{line} {words[i]}";
            if (line.Length > 0 && Width(longer, fontSize) > room)
            {
                if (lines.Count == maxLines - 1)
                {
                    line = string.Join(' ', words[i..].Prepend(line));
                    break;
                }
                lines.Add(line);
                longer = words[i];
            }
            line = longer;
        }
        if (line.Length > 0) lines.Add(line);
        return [.. lines.Select(l => Fit(l, fontSize, room))];
    }
}
