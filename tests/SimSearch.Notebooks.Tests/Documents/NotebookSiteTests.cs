using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using SimSearch.Notebooks;

namespace SimSearch.Notebooks.Tests;

public sealed class NotebookSiteTests : IDisposable
{
    private const string Chart = "<figure><svg width=\"720\" height=\"400\" viewBox=\"0 0 720 400\" class=\"ss-chart\"><style>.a{fill:red}@media (prefers-color-scheme: dark){.a{fill:blue}}</style><defs><clipPath id=\"c\"><rect width=\"9\" height=\"9\"/></clipPath></defs><path class=\"a\" clip-path=\"url(#c)\" d=\"M0 0h9\"/><svg width=\"5\"><path d=\"M1 1h2\"/></svg></svg></figure><p>after</p>";

    private readonly string folder = Make.Folder();

    public void Dispose() => Directory.Delete(folder, true);

    private static NotebookSitePage Page(string file, params NotebookOutput[] outputs)
    {
        var code = Make.Code("c", "x");
        code.Outputs = outputs;
        code.ExecutionCount = 1;
        return new NotebookSitePage(file, new Notebook { Cells = [Make.Markdown($"# Title of {file}\n\nAbout it."), code] });
    }

    [Fact]
    public void Scripts_run_by_their_hash_alone_and_only_they()
    {
        string index = new NotebookSite("t", [Page("a.ipynb", Payloads.All.Select(p => (NotebookOutput)Make.Html(p)).ToArray())])
        {
            Scripts = new SiteScripts { Script = "const mine = 1;\r\n", Library = "var library;", Style = ".mine{color:red}" },
        }.Save(folder);
        foreach (string file in (string[])[index, Path.Combine(folder, "a.html")])
        {
            string page = File.ReadAllText(file), policy = Regex.Match(page, "Content-Security-Policy\" content=\"([^\"]*)\"").Groups[1].Value.Replace("&#39;", "'");
            string[] scripts = [.. Regex.Matches(page, "<script>([\\s\\S]*?)</script>").Select(m => m.Groups[1].Value)];
            Assert.Equal(2, scripts.Length);
            Assert.Equal(2, Regex.Count(page, "(?i)<script"));
            Assert.StartsWith("default-src 'none';", policy);
            string[] sources = policy[(policy.IndexOf("script-src ", StringComparison.Ordinal) + 11)..].Split(' ');
            Assert.Equal([.. scripts.Select(s => $"'sha256-{Convert.ToBase64String(SHA256.HashData(Encoding.UTF8.GetBytes(s)))}'"), "'strict-dynamic'"], sources);
            Assert.DoesNotContain("unsafe-eval", policy);
            Assert.Contains(".mine{color:red}", page);
            string library = Regex.Match(page, "<html lang=\"en\" data-library=\"([^\"]*)\"").Groups[1].Value;
            Assert.Equal("var library;", File.ReadAllText(Path.Combine(folder, library)));
        }
        // Another library takes another name, and the old file goes.
        new NotebookSite("t", [Page("a.ipynb")]) { Scripts = new SiteScripts { Library = "var other;" } }.Save(folder);
        Assert.Equal("var other;", File.ReadAllText(Assert.Single(Directory.EnumerateFiles(folder, "library-*.js"))));
        Assert.Throws<ArgumentException>(() => new NotebookSite("t", []) { Scripts = new SiteScripts { Script = "'</SCRIPT>'" } }.Save(folder));
    }

    [Fact]
    public void The_index_shows_the_first_chart_the_state_and_the_time_of_each()
    {
        var timed = Page("c.ipynb", Make.Html("<b>no chart</b>"));
        timed.Notebook.Cells[1].Metadata["execution"] = new JsonObject { ["iopub.execute_input"] = "2026-01-01T00:00:00.0Z", ["shell.execute_reply"] = "2026-01-01T00:00:02.5Z" };
        string index = File.ReadAllText(new NotebookSite("t", [
            Page("a.ipynb", Make.Html("<svg width=\"20\" viewBox=\"0 0 20 9\"><path d=\"M0 0h9\"/></svg>"), Make.Html(Chart)) with { Duration = TimeSpan.FromSeconds(125) },
            Page("b.ipynb", new ErrorOutput("E", "v", [])) with { Problem = "Cell 2 failed: <E>" }, timed])
        { Links = [new NotebookSiteLink("The <experiment>", "sub folder/experiment.html", "All of it.")] }.Save(folder));
        Assert.Contains("<a href=\"sub%20folder/experiment.html\">The &lt;experiment&gt;</a>", index);
        Assert.Contains("2 min 5 s", index);
        Assert.Contains("2.5 s", index);
        Assert.Contains("Cell 2 failed: &lt;E&gt;", index);
        Assert.Contains("1 cell failed", index);
        string thumb = Assert.Single(Regex.Matches(index, "<div class=\"nb-thumb\" id=\"thumb-1\" aria-hidden=\"true\">([\\s\\S]*?)</div>").Select(m => m.Groups[1].Value));
        Assert.StartsWith("<svg ", thumb);
        Assert.EndsWith("</svg></svg>", thumb);
        Assert.Contains("url(#thumb-1-c)", thumb);
        Assert.Contains(":root[data-theme=dark] #thumb-1 .a{fill:blue}", thumb);
        Assert.DoesNotContain("after", thumb);
        Assert.Contains("Cell 2 failed: &lt;E&gt;", File.ReadAllText(Path.Combine(folder, "b.html")));
    }

    [Fact]
    public void A_page_of_the_site_may_not_take_the_place_of_one_it_links_to() =>
        Assert.Throws<ArgumentException>(() => new NotebookSite("t", [Page("Experiment.ipynb")]) { Links = [new NotebookSiteLink("e", "experiment.html", "")] }.Save(folder));

    [Fact]
    public void Times_that_cannot_be_are_no_times()
    {
        var page = Page("a.ipynb");
        for (int i = 0; i < 5; i++)
        {
            var cell = Make.Code($"t{i}", "x");
            cell.Metadata["execution"] = new JsonObject { ["iopub.execute_input"] = "0001-01-01T00:00:00Z", ["shell.execute_reply"] = i == 0 ? "yesterday" : "9999-12-31T00:00:00Z" };
            page.Notebook.Cells.Add(cell);
        }
        Assert.DoesNotMatch("<span>[0-9. minso]*s</span>", File.ReadAllText(new NotebookSite("t", [page]).Save(folder)));
    }

    [Theory]
    [InlineData("\"Seconds\": 1.5", "\"Seconds\": 1e999")]
    [InlineData("\"Seconds\": 1.5", "\"Seconds\": -1")]
    [InlineData("\"Problem\": \"\"", "\"Problem\": null")]
    [InlineData("\"Source\"", "\"Sauce\"")]
    [InlineData("{", "")]
    [InlineData("\"Executed\": \"", "\"Executed\": \"0")]
    public void A_record_that_is_damaged_or_of_another_file_is_no_record(string part, string instead)
    {
        string path = Path.Combine(folder, "n.ipynb");
        new Notebook().Save(path);
        Assert.Null(NotebookRunRecord.Of(path));
        var record = new NotebookRunRecord { Source = "s", Key = "k", Executed = NotebookRunRecord.Hash(File.ReadAllBytes(path)), Seconds = 1.5 };
        record.Save(path);
        Assert.Equal("k", NotebookRunRecord.Of(path)?.Key);
        string file = NotebookRunRecord.PathFor(path), text = File.ReadAllText(file);
        Assert.Contains(part, text);
        File.WriteAllText(file, text.Replace(part, instead));
        Assert.Null(NotebookRunRecord.Of(path));
    }
}
