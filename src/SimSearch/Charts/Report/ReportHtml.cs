using System.Globalization;
using SimSearch.Datasets;
using SimSearch.Evaluation;

namespace SimSearch.Charts;

/// <summary>Pieces that the sections of a report share.</summary>
internal static class ReportHtml
{
    /// <summary>The sentence a section begins with.</summary>
    public static Html Lead(string text) => Html.Of($"<p>{text}</p>");

    public static Html Fact(string name, string value, string note = "") =>
        Html.Of($"<div><dt>{name}</dt><dd>{value}{(note.Length > 0 ? Html.Of($"<small>{note}</small>") : Html.Empty)}</dd></div>");

    public static Html Fact(string name, Estimate estimate) => Fact(name, Number(estimate.Value), $"{Number(estimate.Low)} to {Number(estimate.High)}");

    public static Html Facts(IEnumerable<Html> facts) => Html.Of($"<dl class=\"ss-facts\">{Html.Join(facts)}</dl>");

    /// <summary>A figure from 0 to 1, three decimals.</summary>
    public static string Number(double value) => double.IsFinite(value) ? value.ToString("0.000", CultureInfo.InvariantCulture) : "–";

    /// <summary>A table of names and values.</summary>
    public static Html Pairs(IEnumerable<(string Name, string Value)> rows) =>
        Html.Of($"<div class=\"ss-table\" tabindex=\"0\" role=\"group\" aria-label=\"Facts\"><table><tbody>{Html.Join(rows.Select(r => Html.Of($"<tr><th scope=\"row\">{r.Name}</th><td>{r.Value}</td></tr>")))}</tbody></table></div>");

    /// <summary>What an item says, in quotation marks; nothing when it has no text.</summary>
    public static Html Words(Item? item, int most = 160) => item?.Text is null ? Html.Empty : Html.Of($"<q class=\"ss-words\">{item.Excerpt(most)}</q>");

    /// <summary>A bar of a share, beside its number in a table.</summary>
    public static Html Bar(double share)
    {
        double width = double.IsFinite(share) ? Math.Clamp(share, 0, 1) * 100 : 0;
        return Html.Of($"<svg class=\"ss-bar\" viewBox=\"0 0 100 8\" preserveAspectRatio=\"none\" aria-hidden=\"true\"><rect class=\"track\" width=\"100\" height=\"8\"/><rect class=\"value\" width=\"{SvgText.N(width)}\" height=\"8\"/></svg>");
    }
}
