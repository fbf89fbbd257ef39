using System.Security.Cryptography;
using System.Text;
using System.Text.RegularExpressions;
using FsCheck;
using FsCheck.Fluent;
using SimSearch.Charts;

namespace SimSearch.Tests;

public partial class HtmlTests
{
    [Fact]
    public void Holes_are_encoded_and_literals_and_html_are_not()
    {
        Html inner = Html.Of($"<b>{"<i>"}</b>");
        Assert.Equal("<p title=\"&quot;&#39;&amp;\"><b>&lt;i&gt;</b> 1.5 0.33</p>", Html.Of($"<p title=\"{"\"'&"}\">{inner} {1.5} {1 / 3.0:0.00}</p>").ToString());
    }

    [Fact]
    public void What_xml_forbids_or_hides_text_is_dropped()
    {
        Assert.Equal("ab c d\U0001F600e", Html.EncodeText("a\0\u0007b\tc\nd\U0001F600\uD83D\u202E\uDE00e\uFFFE\u2066"));
        Assert.Equal("", Html.EncodeText(null));
    }

    [Fact]
    public void Encoded_text_reads_back_as_the_cleaned_text() =>
        Prop.ForAll(ArbMap.Default.ArbFor<string>(), text =>
        {
            string xml = $"<a b=\"{Html.EncodeText(text)}\">{Html.EncodeText(text)}</a>";
            var element = System.Xml.Linq.XElement.Parse(xml, System.Xml.Linq.LoadOptions.PreserveWhitespace);
            return element.Value == Html.Clean(text) && (string?)element.Attribute("b") == Html.Clean(text);
        }).QuickCheckThrowOnFailure();

    [Fact]
    public void The_policy_allows_only_the_scripts_that_are_there_and_nothing_from_outside()
    {
        string page = new HtmlPage("t") { Plotly = "globalThis.Plotly = {};" }.ToString();
        string policy = Regex.Match(page, "Content-Security-Policy\" content=\"([^\"]*)\"").Groups[1].Value.Replace("&#39;", "'", StringComparison.Ordinal);
        Assert.StartsWith("default-src 'none';", policy);
        string[] scripts = [.. Scripts().Matches(page).Select(m => m.Groups[1].Value)];
        Assert.Equal(4, scripts.Length);
        string allowed = policy.Split("script-src ")[1];
        Assert.Equal(allowed.Split(' '), scripts.Select(s => $"'sha256-{Convert.ToBase64String(SHA256.HashData(Encoding.UTF8.GetBytes(s)))}'"));
        Assert.DoesNotContain("http", policy);
        Assert.Matches("img-src data:; media-src data:", policy);
    }

    [Fact]
    public void A_page_refuses_what_could_end_its_script_or_an_anchor_that_is_none()
    {
        Assert.Throws<ArgumentException>(() => new HtmlPage("t") { Plotly = "'</SCRIPT>'" }.ToString());
        Assert.Throws<ArgumentException>(() => new HtmlPage("t") { Sections = [new PageSection("a b", "x")] }.ToString());
    }

    [Fact]
    public void A_page_of_a_site_leads_back_to_its_contents()
    {
        PageSection[] sections = [new("a", "A"), new("b", "B")];
        Assert.Contains("<li><a href=\"index.html\">← Contents</a></li><li><a href=\"#a\">", new HtmlPage("t") { Sections = sections, Contents = "index.html" }.ToString());
        Assert.DoesNotContain("Contents", new HtmlPage("t") { Sections = sections }.ToString());
    }

    [Fact]
    public void Line_ends_of_a_script_do_not_break_its_hash()
    {
        string page = new HtmlPage("t") { Plotly = "var a;\r\nvar b;\r" }.ToString();
        Assert.DoesNotContain('\r', page);
    }

    [Fact]
    public void Hostile_texts_stay_texts_everywhere_in_a_page()
    {
        string page = new HtmlPage(SampleCharts.Hostile[0])
        {
            Lead = string.Join(' ', SampleCharts.Hostile),
            Content = [SampleCharts.OfHostileTexts().ToHtml(interactive: true)],
            Sections = [.. SampleCharts.Hostile.Select((h, i) => new PageSection($"s{i}", h, Html.Text(h)))],
        }.ToString();
        Assert.Equal(2, Regex.Count(page, "<script>"));
        Assert.Equal(1, Regex.Count(page, "<script type=\"application/json\""));
        Assert.Equal(3, Regex.Count(page, "</script>"));
        Assert.DoesNotContain("<img", page);
        Assert.DoesNotMatch("<[^>\"]*\\son[a-z]+\\s*=", page);
    }

    [Fact]
    public void Charts_have_their_numbers_as_a_table_where_people_can_read_them()
    {
        string confusion = SampleCharts.Confusion().ToHtml().ToString();
        Assert.Contains("<th scope=\"row\">a</th>\n<td>9</td>\n<td>1</td>", confusion);
        string line = SampleCharts.Line().ToHtml().ToString();
        Assert.Contains("<th scope=\"col\">Time (s)</th>", line);
        Assert.Contains("<figcaption>Look at the gap.</figcaption>", line);
        string spectrogram = Chart.Spectrogram(SampleCharts.Feature("log-mel", 50, 40)).ToHtml().ToString();
        Assert.DoesNotContain("<table>", spectrogram);
        Assert.Contains("Grid of 40 rows and 50 columns", spectrogram);
    }

    [GeneratedRegex("<script>(.*?)</script>", RegexOptions.Singleline)]
    private static partial Regex Scripts();
}
