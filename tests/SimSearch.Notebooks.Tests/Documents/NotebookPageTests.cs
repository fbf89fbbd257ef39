using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using SimSearch.Notebooks;

namespace SimSearch.Notebooks.Tests;

public sealed class NotebookPageTests
{
    private static string Page(params NotebookCell[] cells) => NotebookPage.ToHtml(new Notebook { Cells = [.. cells] });

    private static NotebookCell Shown(params NotebookOutput[] outputs)
    {
        var cell = Make.Code("c", "x");
        cell.Outputs = outputs;
        return cell;
    }

    private static DisplayOutput Show(string mime, JsonNode content) => new(new Dictionary<string, JsonNode?> { [mime] = content }, false);

    [Fact]
    public void A_page_has_a_strict_policy_and_no_script_whatever_the_notebook_holds()
    {
        var cells = new List<NotebookCell>();
        foreach (string payload in Payloads.All)
        {
            cells.Add(Make.Markdown(payload, $"m{cells.Count}"));
            var code = Make.Code($"c{cells.Count}", payload);
            code.Outputs = [new StreamOutput("stdout", payload), Make.Html(payload), Show("image/svg+xml", payload), Show("text/markdown", payload), Show("image/png", payload), new ErrorOutput(payload, payload, [payload])];
            cells.Add(code);
        }
        string page = NotebookPage.ToHtml(new Notebook { Cells = cells }, new NotebookPageOptions { Title = "</title><script>x()</script>", Facts = [new("<script>", "\"><script>x()</script>", true)], Next = new("<script>", "javascript:x()") });
        Assert.Contains("content=\"default-src &#39;none&#39;; img-src data:; media-src data:; style-src &#39;unsafe-inline&#39;; base-uri &#39;none&#39;; form-action &#39;none&#39;\"", page);
        Assert.DoesNotMatch("(?i)<script|<iframe|<object|<embed|<form|<link|<base", page);
        Assert.DoesNotMatch("(?i)<[a-z][^>]*\\son[a-z]+\\s*=", Regex.Replace(page, "\"[^\"]*\"", "\"\""));
        Assert.DoesNotMatch("(?i)(src|href)=\"\\s*(javascript:|vbscript:|data:text)", page);
        Assert.DoesNotMatch("(?i)src=\"(?!data:)", page);
    }

    [Fact]
    public void The_richest_form_that_can_be_seen_is_shown()
    {
        var rich = new DisplayOutput(new Dictionary<string, JsonNode?> { ["text/html"] = "<b>rich</b>", ["text/plain"] = "plain" }, false);
        var scripted = new DisplayOutput(new Dictionary<string, JsonNode?> { ["text/html"] = "<script>plot()</script><div></div>", ["image/png"] = "iVBORw0KGgo=\n", ["text/plain"] = "plain" }, false);
        Assert.Contains("<b>rich</b>", Page(Shown(rich)));
        Assert.Contains("alt=\"plain\" src=\"data:image/png;base64,iVBORw0KGgo=\"", Page(Shown(scripted)));
        Assert.Contains("src=\"data:image/svg+xml;base64,", Page(Shown(Show("image/svg+xml", "<svg><path d='M0 0h9'/></svg>"))));
        Assert.Contains("is left out (application/vnd.plotly.v1+json)", Page(Shown(Show("application/vnd.plotly.v1+json", new JsonObject()))));
        Assert.Contains("&quot;a&quot;: 1", Page(Shown(Show("application/json", new JsonObject { ["a"] = 1 }))));
    }

    [Fact]
    public void Streams_and_errors_are_text_without_terminal_colours()
    {
        string page = Page(Shown(new StreamOutput("stderr", "\u001b[31mred\u001b[0m <b>"), new ErrorOutput("E", "bad", ["\u001b[1mline 1"])));
        Assert.Contains("nb-stderr\" tabindex=\"0\">red &lt;b&gt;</pre>", page);
        Assert.Contains("<strong>E</strong>: bad", page);
        Assert.Contains(">line 1</pre>", page);
        Assert.Contains("Not all cells succeeded", page);
        var expected = Shown(new ErrorOutput("E", "bad", []));
        expected.Metadata["tags"] = new JsonArray("raises-exception");
        Assert.DoesNotContain("Not all cells succeeded", Page(expected));
    }

    [Fact]
    public void Markdown_has_tables_links_and_folded_parts_and_no_raw_html()
    {
        string page = Page(Make.Markdown("# T\n\n| a | b |\n|---|---|\n| 1 | 2 |\n\n<b>raw</b> [web](https://example.org) [bad](javascript:x()) [next](02-features.ipynb#here)\n\n<details>\n<summary>Solution</summary>\n\n**bold**\n\n```\n</details>\n```\n\n</details>\n\nafter ![x](https://evil.test/a.png)"));
        Assert.Contains("<td>1</td>", page);
        Assert.Contains("&lt;b&gt;raw&lt;/b&gt;", page);
        Assert.Contains("<a href=\"https://example.org\" rel=\"noopener noreferrer\">web</a>", page);
        Assert.Contains("<a>bad</a>", page);
        Assert.Contains("02-features.ipynb#here", page);
        Assert.Matches(@"<details><summary>Solution</summary><p><strong>bold</strong></p>\s*<pre><code>&lt;/details&gt;\s*</code></pre>\s*</details><p>after \[x\]</p>", page);
        Assert.Contains("href=\"02-features.html#here\"", NotebookPage.ToHtml(new Notebook { Cells = [Make.Markdown("[next](./02-features.ipynb#here)")] }, new NotebookPageOptions { Pages = new HashSet<string> { "02-features.ipynb" } }));
    }

    [Fact]
    public void Blocks_of_CSharp_in_Markdown_are_coloured_and_others_are_not()
    {
        string page = Page(Make.Markdown("```csharp\nvar a = \"<b>\";\n```\n\n```python\nvar b\n```"));
        Assert.Contains("<pre><code><span class=\"nb-k\">var</span> a = <span class=\"nb-s\">&quot;&lt;b&gt;&quot;</span>;</code></pre>", page);
        Assert.Contains("<code class=\"language-python\">var b\n</code>", page);
    }

    [Fact]
    public void Headings_make_a_list_of_contents_with_unique_anchors()
    {
        string page = Page(Make.Markdown("# T\n## Same\n## Same\n### `Deep` & *er*\n## main\n## Cell 1\n## cell 2 out 1"), Shown(Make.Html("<b id=x>t</b>")));
        Assert.Contains("<a href=\"#same\">Same</a>", page);
        Assert.Contains("<a href=\"#same-2\">Same</a>", page);
        Assert.Contains("<a href=\"#deep-er\">Deep &amp; er</a>", page);
        string[] ids = [.. Regex.Matches(page, " id=\"([^\"]*)\"").Select(m => m.Groups[1].Value)];
        Assert.Equal(ids.Length, ids.Distinct().Count());
        foreach (Match link in Regex.Matches(page, "href=\"#([^\"]*)\"")) Assert.Contains(link.Groups[1].Value, ids);
    }

    [Fact]
    public void Attached_pictures_are_inside_the_page()
    {
        var cell = new NotebookCell(NotebookCellKind.Markdown, "m", "![dot](attachment:dot.png) ![no](attachment:none.png)") { Attachments = new JsonObject { ["dot.png"] = new JsonObject { ["image/png"] = "iVBORw0KGgo=" } } };
        Assert.Contains("src=\"data:image/png;base64,iVBORw0KGgo=\"", Page(cell));
        Assert.Contains("[no]", Page(cell));
    }

    [Fact]
    public void Markdown_of_any_depth_and_shape_makes_a_page()
    {
        foreach (string text in (string[])[new string('>', 20_000), new string('[', 20_000), string.Concat(Enumerable.Range(0, 3000).Select(i => new string(' ', i % 500) + "- a\n")), new string('*', 20_000), "```\nunclosed", "<details>\n<details>", "</details>", "<summary>x</summary>", "# \n##", "\0\ud800"])
            Assert.EndsWith("</html>\n", Page(Make.Markdown(text)).ReplaceLineEndings("\n"));
    }

    [Fact]
    public void A_site_links_its_pages_and_says_how_it_was_made()
    {
        string folder = Make.Folder();
        try
        {
            Notebook Chapter(string title, bool fails)
            {
                var code = Shown(fails ? [new ErrorOutput("E", "v", [])] : []);
                code.ExecutionCount = 1;
                return new Notebook { Cells = [Make.Markdown($"# {title}\n\nAbout {title}."), code] };
            }
            var site = new NotebookSite("The <guide>", [new("00-start.ipynb", Chapter("Start", false)) { Facts = [new("Seed", "42"), new("Command", "simsearch notebook run 00-start.ipynb", true)] }, new("01 next.ipynb", Chapter("Next", true)), new("02.ipynb", new Notebook())])
            {
                Lead = "All of it.", Facts = [new("FAISS", "1.7.3")],
            };
            string index = File.ReadAllText(site.Save(folder)), first = File.ReadAllText(Path.Combine(folder, "00-start.html")), second = File.ReadAllText(Path.Combine(folder, "01 next.html"));
            Assert.Contains("<h1>The &lt;guide&gt;</h1>", index);
            Assert.Contains("<a href=\"01%20next.html\">Next</a>", index);
            Assert.Contains("About Start.", index);
            Assert.Contains("1 cell failed", index);
            Assert.Contains("FAISS", index);
            Assert.Contains(">02</a>", index);
            Assert.Contains("class=\"nb-next\" href=\"01%20next.html\"", first);
            Assert.DoesNotContain("class=\"nb-previous\"", first);
            Assert.Contains("<code>simsearch notebook run 00-start.ipynb</code>", first);
            Assert.Contains("class=\"nb-previous\" href=\"00-start.html\"", second);
            Assert.Contains("class=\"nb-index\" href=\"index.html\"", second);
            byte[] before = File.ReadAllBytes(Path.Combine(folder, "index.html"));
            site.Save(folder);
            Assert.Equal(before, File.ReadAllBytes(Path.Combine(folder, "index.html")));
        }
        finally
        {
            Directory.Delete(folder, true);
        }
    }

    [Theory]
    [InlineData("../x.ipynb")]
    [InlineData("a/b.ipynb")]
    [InlineData("a\\b.ipynb")]
    [InlineData("")]
    [InlineData("Index.ipynb")]
    public void File_names_of_a_site_stay_in_its_folder_and_apart(string name) =>
        Assert.Throws<ArgumentException>(() => new NotebookSite("t", [new(name, new Notebook())]).Save(Path.Combine(Path.GetTempPath(), "simsearch-never-made")));
}
