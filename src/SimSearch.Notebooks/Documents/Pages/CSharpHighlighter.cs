using System.Text;

namespace SimSearch.Notebooks;

/// <summary>Colours C#.</summary>
internal static class CSharpHighlighter
{
    /// <summary>The code as HTML: the text is unchanged, stretches of it are in spans.</summary>
    public static string ToHtml(string code)
    {
        var html = new StringBuilder(code.Length * 2);
        foreach (var token in CSharpTokenizer.Tokens(code))
        {
            string style = token.Kind switch
            {
                CSharpTokenKind.Comment => "nb-c", CSharpTokenKind.Text => "nb-s", CSharpTokenKind.Number => "nb-n", CSharpTokenKind.Keyword => "nb-k", CSharpTokenKind.Directive => "nb-d", _ => "",
            };
            if (style.Length > 0) html.Append("<span class=\"").Append(style).Append("\">");
            PageMarkup.Append(html, code.AsSpan(token.Start, token.Length));
            if (style.Length > 0) html.Append("</span>");
        }
        return html.ToString();
    }
}
