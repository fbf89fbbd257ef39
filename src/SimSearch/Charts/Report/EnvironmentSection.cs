using System.Runtime.InteropServices;

namespace SimSearch.Charts;

/// <summary>How the page came about, and how to get it again.</summary>
internal static class EnvironmentSection
{
    public static PageSection Build(SearchReport report)
    {
        var given = report.Environment.Where(r => r.Name.Length > 0).Select(r => (char.ToUpperInvariant(r.Name[0]) + r.Name[1..], r.Value)).ToArray();
        var own = new[]
        {
            ("SimSearch", typeof(SearchReport).Assembly.GetName().Version?.ToString(3) ?? "unknown"),
            (".NET", RuntimeInformation.FrameworkDescription),
            ("System", $"{RuntimeInformation.OSDescription.Trim()}, {RuntimeInformation.ProcessArchitecture}, {System.Environment.ProcessorCount} cores"),
        };
        var rows = given.Concat(own.Where(o => !given.Any(g => string.Equals(g.Item1, o.Item1, StringComparison.OrdinalIgnoreCase))));
        return new PageSection("reproduce", "How to get the same page",
            ReportHtml.Lead("Everything that the figures depend on. Two pages with the same hashes were made of the same data by the same steps; look here first when two results differ."),
            report.Command.Length > 0 ? Html.Of($"<code class=\"ss-code\">{report.Command}</code>") : Html.Empty,
            ReportHtml.Pairs(rows)) { Short = "Reproduce" };
    }
}
