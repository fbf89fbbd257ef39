using System.Collections;
using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text;

namespace SimSearch.Notebooks;

/// <summary>Values as HTML, for those that are more than a line of text: tables of records, dictionaries, grids, objects, exceptions. Every text is encoded.</summary>
internal static class HtmlText
{
    private const int MostRows = 20;
    private const int MostColumns = 20;
    private const int LongestCell = 300;

    // Sorts the table by the column that was clicked; stands in the table itself, so it works wherever scripts may run and does no harm elsewhere.
    private const string Sort = "var h=event.target.closest('th');if(h){var b=this.parentNode.tBodies[0],i=h.cellIndex,d=h.dataset.d=h.dataset.d==='1'?'-1':'1';"
        + "Array.from(b.rows).sort(function(p,q){var x=p.cells[i].textContent,y=q.cells[i].textContent;return d*(x-y||(isNaN(x-y)?x.localeCompare(y):0));}).forEach(function(r){b.appendChild(r);});}";

    /// <summary>The HTML of a value, or null when its text says all.</summary>
    public static string? Write(object? value, ValueFormatters formatters)
    {
        if (value is Exception error) return Error(error);
        if (value is ITuple || ValueShape.IsScalar(value) || formatters.CustomText(value!) is not null) return null;
        if (value is Array { Rank: 2 } grid) return Grid(grid, formatters);
        if (value is not IEnumerable sequence) return Members(value!, formatters);

        var (items, more) = ValueShape.First(sequence, MostRows);
        if (items.Count == 0) return null;
        string shape = Shape(items.Count, ValueShape.Count(value), more);
        if (items.All(i => ValueShape.TryEntry(i, out _, out _)))
            return Table(["Key", "Value"], items.Select(i => ValueShape.TryEntry(i, out object? k, out object? v) ? new[] { k, v } : []), $"{shape} entries", formatters);
        var first = items.FirstOrDefault(i => i is not null);
        // Rows are records of one type; a list of players or of charts is shown one below the other.
        if (items.All(i => i is not null && formatters.CustomHtml(i) is not null)) return string.Join('\n', items.Select(formatters.CustomHtml)) + (more ? $"<p>{shape}</p>" : "");
        if (first is null or IEnumerable or ITuple || ValueShape.IsScalar(first) || items.Any(i => i is not null && i.GetType() != first.GetType())) return null;
        var columns = ValueShape.Members(first.GetType());
        if (columns.Count == 0) return null;
        var shown = columns.Take(MostColumns).ToArray();
        return Table(shown.Select(c => c.Name), items.Select(i => shown.Select(c => i is null ? null : c.Read(i)).ToArray()),
            $"{shape} rows × {columns.Count} columns", formatters, columns.Count > shown.Length);
    }

    /// <summary>
    /// Text made safe for elements and quoted attributes. Characters that could hide or turn around other text, and what is no character at all, show as U+FFFD.
    /// </summary>
    public static string Encode(string text)
    {
        var encoded = new StringBuilder(text.Length + 16);
        for (int i = 0; i < text.Length; i++)
        {
            char c = text[i];
            if (char.IsHighSurrogate(c) && i + 1 < text.Length && char.IsLowSurrogate(text[i + 1]))
            {
                encoded.Append(c).Append(text[++i]);
                continue;
            }
            bool unsafeCharacter = char.IsSurrogate(c) || char.IsControl(c) && c is not ('\n' or '\t' or '\r') || c is >= '\u202A' and <= '\u202E' or >= '\u2066' and <= '\u2069' or '\uFFFE' or '\uFFFF';
            _ = c switch
            {
                '&' => encoded.Append("&amp;"),
                '<' => encoded.Append("&lt;"),
                '>' => encoded.Append("&gt;"),
                '"' => encoded.Append("&quot;"),
                '\'' => encoded.Append("&#39;"),
                _ => encoded.Append(unsafeCharacter ? '\uFFFD' : c),
            };
        }
        return encoded.ToString();
    }

    private static string Grid(Array grid, ValueFormatters formatters)
    {
        int rows = grid.GetLength(0), columns = grid.GetLength(1), shown = Math.Min(columns, MostColumns);
        var (top, left) = (grid.GetLowerBound(0), grid.GetLowerBound(1));
        return Table(Enumerable.Range(0, shown).Select(c => c.ToString(CultureInfo.InvariantCulture)),
            Enumerable.Range(0, Math.Min(rows, MostRows)).Select(r => Enumerable.Range(0, shown).Select(c => grid.GetValue(top + r, left + c)).ToArray()),
            $"{Shape(Math.Min(rows, MostRows), rows, rows > MostRows)} rows × {columns} columns", formatters, columns > shown);
    }

    private static string? Members(object value, ValueFormatters formatters)
    {
        var members = ValueShape.Members(value.GetType());
        return members.Count == 0 ? null : Table(["Property", "Value"], members.Take(2 * MostRows).Select(m => new[] { m.Name, m.Read(value) }), TypeNames.Short(value.GetType()), formatters);
    }

    private static string Error(Exception error)
    {
        var lines = CellErrors.Trace(error).ToArray();
        return $"<details><summary>{Encode(lines[0])}</summary><pre>{Encode(string.Join('\n', lines.Skip(1)))}</pre></details>";
    }

    private static string Shape(int shown, long? count, bool more) => string.Create(CultureInfo.InvariantCulture,
        $"{(more ? count is { } n ? $"first {shown} of {n}" : $"first {shown} of more" : shown)}");

    private static string Table(IEnumerable<string> columns, IEnumerable<object?[]> rows, string caption, ValueFormatters formatters, bool cut = false)
    {
        var html = new StringBuilder("<table><thead onclick=\"").Append(Sort).Append("\"><tr>");
        foreach (string column in columns) html.Append("<th style=\"cursor:pointer\">").Append(Encode(column)).Append("</th>");
        html.Append(cut ? "<th>…</th>" : "").Append("</tr></thead><tbody>");
        foreach (var row in rows)
        {
            html.Append("<tr>");
            foreach (object? value in row) html.Append(ValueShape.IsNumber(value) ? "<td style=\"text-align:right\">" : "<td style=\"text-align:left\">").Append(Cell(value, formatters)).Append("</td>");
            html.Append(cut ? "<td>…</td>" : "").Append("</tr>");
        }
        return html.Append("</tbody></table><p style=\"opacity:.7\">").Append(Encode(caption)).Append("</p>").ToString();
    }

    private static string Cell(object? value, ValueFormatters formatters)
    {
        if (value is null) return "";
        if (formatters.CustomHtml(value) is { } html) return html;
        if (value is byte[] bytes && Media.Recognise(bytes) is { } media)
            return media.MimeType == "text/html" ? media.Content : $"<img alt=\"\" src=\"data:{media.MimeType};base64,{media.Content}\">";
        string text = value is string s ? s : PlainText.WriteNested(value, formatters);
        return Encode(text.Length <= LongestCell ? text : text[..LongestCell] + " …");
    }
}
