using System.Diagnostics;
using System.Text;
using System.Text.RegularExpressions;
using System.Xml;
using SimSearch.Notebooks;
using SimSearch.Tests.Support;

namespace SimSearch.Notebooks.Tests;

public sealed partial class HtmlSanitizerTests
{
    private static string Clean(string html) => HtmlSanitizer.Fragment(html, "o1-", "#o1");

    public static TheoryData<string> Payload => [.. Payloads.All.Select(p => p.Replace("\ud800", "\\ud800"))];

    /// <summary>Reads the result anew with a grammar so strict that whatever it does not cover is a failure, and lists of its own.</summary>
    private static void AssertHarmless(string safe)
    {
        int at = 0;
        var open = new Stack<string>();
        while (at < safe.Length)
        {
            var match = Piece().Match(safe, at);
            Assert.True(match.Success, $"not covered at {at}: {safe[at..]}");
            at += match.Length;
            string name = match.Groups["open"].Value;
            if (match.Groups["close"].Success) Assert.Equal(open.Pop(), match.Groups["close"].Value);
            if (name.Length == 0) continue;
            Assert.DoesNotMatch("(?i)^(script|iframe|object|embed|link|meta|base|form|input|button|textarea|select|template|math|foreignobject|animate.*|set|title|noscript|frame|portal|html|body|head|filter|feimage|handler)$", open.Contains("svg") ? name.Replace("title", "") : name);
            var attributes = Attribute().Matches(match.Groups["attributes"].Value);
            Assert.Equal(attributes.Count, attributes.Select(a => a.Groups[1].Value).Distinct().Count());
            foreach (Match attribute in attributes)
            {
                string key = attribute.Groups[1].Value, value = System.Net.WebUtility.HtmlDecode(attribute.Groups[2].Value);
                Assert.DoesNotMatch("(?i)^(on.*|formaction|srcdoc|srcset|ping|target|poster|background|action|is|slot|name|accesskey|contenteditable|autofocus|cite|data-.*|xml.*:.*)$", key);
                Assert.DoesNotMatch(@"(?i)(javascript|vbscript)\s*:", value);
                if (key is "src") Assert.StartsWith("data:", value.Trim());
                if (key is "href") Assert.Matches("^(#o1-|data:image/)", value);
                if (key is "id") Assert.StartsWith("o1-", value);
                if (key is "class") Assert.DoesNotContain("nb-", value);
                if (key is "style") AssertHarmlessStyle(value);
                if (key is not ("title" or "alt")) Assert.DoesNotMatch(@"(?i)evil\.test|url\((?!#o1-)", value);
            }
            if (name == "style")
            {
                int end = safe.IndexOf("</style>", at, StringComparison.Ordinal);
                string sheet = safe[at..end];
                AssertHarmlessStyle(sheet);
                foreach (Match rule in Selectors().Matches(sheet)) Assert.StartsWith("#o1 ", rule.Value.Trim());
                at = end;
            }
            if (name is not ("br" or "hr" or "img" or "col" or "wbr" or "source")) open.Push(name);
        }
        Assert.Empty(open);
    }

    private static void AssertHarmlessStyle(string css) => Assert.DoesNotMatch(@"(?i)[\\<&]|@(?!media)|url\((?!#o1-)|image-set|expression|behavior|binding|evil|position:\s*(fixed|sticky)|content:", css);

    [Theory]
    [MemberData(nameof(Payload))]
    public void No_payload_gets_through(string payload)
    {
        string raw = payload.Replace("\\ud800", "\ud800");
        foreach (string wrapped in (string[])[raw, $"<table><tr><td>{raw}", $"<svg viewBox=\"0 0 9 9\"><g>{raw}</g></svg>", $"<p title=\"a\">{raw}</p>tail", $"<svg><style>{raw}</style></svg>"]) AssertHarmless(Clean(wrapped));
    }

    /// <summary>What comes out is taken as it is when it goes in again: nothing in it reads differently the second time.</summary>
    [Theory]
    [MemberData(nameof(Payload))]
    public void Sanitising_twice_changes_nothing_more(string payload)
    {
        string once = HtmlSanitizer.Fragment(payload.Replace("\\ud800", "\ud800"), "", "");
        Assert.Equal(once, HtmlSanitizer.Fragment(once, "", ""));
    }

    /// <summary>A browser's own reading of all payloads at once, in a page whose policy would let them run.</summary>
    [Fact]
    public void A_browser_finds_nothing_that_runs_or_loads()
    {
        string chromium = Environment.GetEnvironmentVariable("SIMSEARCH_CHROMIUM") ?? "/usr/bin/chromium";
        SharedData.SkipUnless(File.Exists(chromium), $"{chromium} is absent");
        string folder = Make.Folder();
        try
        {
            var page = new StringBuilder("<!DOCTYPE html><meta charset=utf-8><script>function x(){document.documentElement.dataset.hit='hit'}</script><main id=main>");
            for (int i = 0; i < Payloads.All.Length; i++) page.Append($"<div id=o{i}>").Append(HtmlSanitizer.Fragment(Payloads.All[i], $"o{i}-", $"#o{i}")).Append("</div>");
            page.Append("""
                </main><script>
                const found = [];
                for (const e of document.querySelectorAll('main *')) {
                  if (/^(script|iframe|object|embed|link|meta|base|form|input|button|math|foreignobject|animate|set)$/i.test(e.localName)) found.push(e.outerHTML);
                  for (const a of e.attributes) if (/^on/i.test(a.name) || /^\s*javascript:/i.test(a.value) || (/^(src|href|action)$/.test(a.localName) && !/^(#|data:)/.test(a.value))) found.push(a.name + '=' + a.value);
                  if (getComputedStyle(e).position === 'fixed') found.push('fixed ' + e.outerHTML);
                }
                for (const e of performance.getEntriesByType('resource')) if (!e.name.startsWith('data:')) found.push(e.name);
                if (document.querySelectorAll('main > div').length !== COUNT) found.push('a payload left its place');
                if (getComputedStyle(document.body).display === 'none' || getComputedStyle(document.getElementById('main')).display === 'none') found.push('the page is hidden');
                document.documentElement.dataset.report = 'read ' + found.join(' | ');
                </script>
                """.Replace("COUNT", Payloads.All.Length.ToString()));
            string path = Path.Combine(folder, "payloads.html");
            File.WriteAllText(path, page.ToString());
            var start = new ProcessStartInfo(chromium, ["--headless", "--no-sandbox", "--disable-gpu", $"--user-data-dir={folder}/profile", "--dump-dom", new Uri(path).AbsoluteUri]) { RedirectStandardOutput = true, RedirectStandardError = true };
            using var process = Process.Start(start)!;
            _ = process.StandardError.ReadToEndAsync();
            string dom = process.StandardOutput.ReadToEnd();
            Assert.True(process.WaitForExit(TimeSpan.FromMinutes(3)), "the browser did not end");
            string root = dom[dom.IndexOf("<html", StringComparison.Ordinal)..dom.IndexOf("<head", StringComparison.Ordinal)];
            Assert.Contains("data-report=\"read \"", root);
            Assert.DoesNotContain("data-hit", root);
        }
        finally
        {
            Directory.Delete(folder, true);
        }
    }

    [Fact]
    public void Random_markup_made_of_dangerous_pieces_stays_harmless()
    {
        string[] pieces = ["<", ">", "</", "/>", "\"", "'", "=", " ", "svg", "style", "script", "img", "p", "title", "a", "table", "td", "math", "onerror", "href", "src", "javascript:x()", "url(", ")", "{", "}", "#", "<!--", "-->", "<![CDATA[", "]]>", "&lt;", "&", "\\", "@import", ";", ":", "id", "class", "\0", "x"];
        var random = new Random(11);
        for (int i = 0; i < 20_000; i++)
        {
            var html = new StringBuilder();
            for (int n = random.Next(1, 25); n > 0; n--) html.Append(pieces[random.Next(pieces.Length)]);
            AssertHarmless(Clean(html.ToString()));
        }
    }

    [Theory]
    [InlineData("<table class=\"dataframe\" border=1><tr><td align=right>1</td></tr></table>", "<table class=\"dataframe\" border=\"1\"><tr><td align=\"right\">1</td></tr></table>")]
    [InlineData("<p style=\"color: red; position:fixed; text-align:right\">a &amp; b</p>", "<p style=\"color:red;text-align:right\">a &amp; b</p>")]
    [InlineData("<section><h2>x</h2></section>", "<div><h2>x</h2></div>")]
    [InlineData("<details><summary>s</summary>t", "<details><summary>s</summary>t</details>")]
    [InlineData("<audio controls><source src=\"data:audio/wav;base64,UklGRg==\" type=\"audio/wav\" /></audio>", "<audio controls=\"controls\"><source src=\"data:audio/wav;base64,UklGRg==\" type=\"audio/wav\"></audio>")]
    [InlineData("<audio src=\"data:audio/wav;base64,UklGRg==\" autoplay>", "<audio src=\"data:audio/wav;base64,UklGRg==\" controls=\"controls\"></audio>")]
    [InlineData("<svg viewBox=\"0 0 1 1\"><defs><linearGradient id=\"g\"><stop offset=\"0\" stop-color=\"red\"/></linearGradient></defs><rect fill=\"url(#g)\" width=\"1\" height=\"1\" transform=\"translate(1,2)\"/></svg>",
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 1 1\"><defs><linearGradient id=\"o1-g\"><stop offset=\"0\" stop-color=\"red\"></stop></linearGradient></defs><rect fill=\"url(#o1-g)\" width=\"1\" height=\"1\" transform=\"translate(1,2)\"></rect></svg>")]
    [InlineData("<style>.ss-chart .f0{fill:var(--ss-0)}@media screen and (prefers-color-scheme:dark){.ss-chart{--ss-0:#56a8e8}} body[x]{color:red}</style>t",
        "<style>#o1 .ss-chart .f0{fill:var(--ss-0)}@media screen and (prefers-color-scheme:dark){:root:not([data-theme=light]) #o1 .ss-chart{--ss-0:#56a8e8}}@media screen{:root[data-theme=dark] #o1 .ss-chart{--ss-0:#56a8e8}}</style>t")]
    [InlineData("<style>@media (prefers-color-scheme: light) and (min-width: 3em){p{color:red}}@media (prefers-color-scheme: dark){p{color:red}}</style>t",
        "<style>@media (prefers-color-scheme: light) and (min-width: 3em){:root:not([data-theme=dark]) #o1 p{color:red}}@media (min-width: 3em){:root[data-theme=light] #o1 p{color:red}}@media (prefers-color-scheme: dark){:root:not([data-theme=light]) #o1 p{color:red}}@media all{:root[data-theme=dark] #o1 p{color:red}}</style>t")]
    [InlineData("<svg><a href=\"#p\" aria-label=\"Play\"><path d=\"M0 0\"/></a></svg>", "<svg xmlns=\"http://www.w3.org/2000/svg\"><a href=\"#o1-p\" aria-label=\"Play\"><path d=\"M0 0\"></path></a></svg>")]
    [InlineData("<svg><a href=\"javascript:x()\"><path d=\"M0 0\"/></a></svg>", "<svg xmlns=\"http://www.w3.org/2000/svg\"><a><path d=\"M0 0\"></path></a></svg>")]
    [InlineData("<svg><a xlink:href=\"https://example.invalid/\"><path d=\"M0 0\"/></a></svg>", "<svg xmlns=\"http://www.w3.org/2000/svg\"><a><path d=\"M0 0\"></path></a></svg>")]
    [InlineData("<a href=\"#top\" id=\"top\">t</a>", "<a href=\"#o1-top\" id=\"o1-top\">t</a>")]
    [InlineData("<img src=\"https://evil.test/a.png\" alt=\"a map\">", "[a map]")]
    [InlineData("1 < 2 && 3 > 2", "1 &lt; 2 &amp;&amp; 3 &gt; 2")]
    [InlineData("<script>plot()</script><div></div>", "")]
    public void What_is_harmless_stays(string html, string safe) => Assert.Equal(safe, Clean(html));

    [Fact]
    public void An_SVG_document_is_well_formed_and_has_one_root()
    {
        string svg = HtmlSanitizer.SvgDocument("<?xml version='1.0'?><!DOCTYPE svg [<!ENTITY a 'b'>]><svg xmlns:xlink='http://www.w3.org/1999/xlink' width=9><style>.a{fill:red}</style><path class=a d='M0 0h9'><g><text>a & b &nbsp;</text></svg><p>after</p><svg></svg>");
        var document = new XmlDocument();
        document.LoadXml(svg);
        Assert.Equal("svg", document.DocumentElement!.LocalName);
        Assert.DoesNotContain("after", svg);
        Assert.Equal("", HtmlSanitizer.SvgDocument("<p>no</p>"));
        Assert.Equal("", HtmlSanitizer.SvgDocument("<svg><script>x()</script></svg>"));
    }

    [Fact]
    public void Copies_cannot_be_nested_into_billions()
    {
        var bomb = new StringBuilder("<svg><defs><path id=\"a0\" d=\"M0 0h1\"/>");
        for (int i = 1; i < 30; i++) bomb.Append($"<g id=\"a{i}\"><use href=\"#a{i - 1}\"/><use href=\"#a{i - 1}\"/></g>");
        Assert.DoesNotContain("<use", Clean(bomb.Append("</defs><g id=\"z\"></g></svg>t").ToString()));
        Assert.Contains("<use href=\"#o1-a\"", Clean("<svg><defs><path id=\"a\" d=\"M0 0h1\"/></defs><g id=\"figure\"><use xlink:href=\"#a\" x=\"3\"/></g></svg>"));
        Assert.DoesNotContain("figure", Clean("<svg><defs><path id=\"a\" d=\"M0 0h1\"/></defs><g id=\"figure\"><use xlink:href=\"#a\" x=\"3\"/></g></svg>"));
    }

    [Fact]
    public void Large_and_deep_input_takes_time_in_proportion()
    {
        foreach (string part in (string[])["<div>", "<p", "<!--", "<![CDATA[", "<style>", "<svg>", "</", "<a b=", "&#x", "<style>a{", "<p style='a:b;", "<script>", "{", "--", "<p a"])
        {
            string html = string.Concat(Enumerable.Repeat(part, 500_000 / part.Length));
            var clock = Stopwatch.StartNew();
            string safe = Clean(html);
            Clean($"<style>{html}</style><p style=\"{html}\">t</p>");
            Assert.True(clock.Elapsed < TimeSpan.FromSeconds(60), $"{part} took {clock.Elapsed}");
            AssertHarmless(safe);
        }
    }

    [GeneratedRegex("""\G(?:<(?<open>[a-zA-Z][a-zA-Z0-9]*)(?<attributes>(?: [a-zA-Z][a-zA-Z0-9-]*="[^"<>]*")*)>|</(?<close>[a-zA-Z][a-zA-Z0-9]*)>|[^<>]+)""")]
    private static partial Regex Piece();

    [GeneratedRegex(" ([a-zA-Z0-9-]+)=\"([^\"]*)\"")]
    private static partial Regex Attribute();

    [GeneratedRegex(@"(?<=^|[{}])[^{}@]+(?=\{)")]
    private static partial Regex Selectors();
}
