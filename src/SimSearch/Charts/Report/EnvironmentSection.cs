using System.Runtime.InteropServices;

namespace SimSearch.Charts;

/// <summary>How the page came about, and how to get it again.</summary>
internal static class EnvironmentSection
{
    public static PageSection Build(SearchReport report)
    {
        var rows = report.Environment.Concat(
        [
            ("SimSearch", typeof(SearchReport).Assembly.GetName().Version?.ToString(3) ?? "unknown"),
            (".NET", RuntimeInformation.FrameworkDescription),
            ("System", $"{RuntimeInformation.OSDescription.Trim()}, {RuntimeInformation.ProcessArchitecture}, {System.Environment.ProcessorCount} cores"),
        ]);
        return new PageSection("reproduce", "How to get the same page",
            ReportHtml.Lead("Everything that the figures depend on. Two pages with the same hashes were made of the same data by the same steps; look here first when two results differ."),
            report.Command.Length > 0 ? Html.Of($"<code class=\"ss-code\">{report.Command}</code>") : Html.Empty,
            ReportHtml.Pairs(rows)) { Short = "Reproduce" };
    }
}
