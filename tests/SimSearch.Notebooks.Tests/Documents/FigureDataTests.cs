using SimSearch.Notebooks;

namespace SimSearch.Notebooks.Tests;

public sealed class FigureDataTests
{
    private const string Layout = "\"layout\":{\"title\":{\"text\":\"T\"},\"xaxis\":{\"type\":\"log\"},\"height\":320}";

    [Fact]
    public void Curves_bars_and_grids_keep_their_numbers_and_names()
    {
        string figure = """{"data":[{"type":"scatter","mode":"lines","name":"a \u0026lt; b","x":[1,2.5,null],"y":[1e-3,2,3],"line":{"color":"#0065a8","dash":"dot"}},{"type":"heatmap","z":[[1,2],[3,null]],"texttemplate":"%{text}","colorscale":[[0,"#fff"]]}],""" + Layout + "}";
        Assert.Equal(figure, FigureData.Safe(figure));
    }

    [Theory]
    [InlineData("")]
    [InlineData("alert(1)")]
    [InlineData("[]")]
    [InlineData("{}")]
    [InlineData("{\"data\":[]}")]
    [InlineData("{\"data\":{},\"layout\":{\"title\":{}}}")]
    [InlineData("{\"data\":[1],\"layout\":{\"title\":{}}}")]
    [InlineData("{\"data\":[{\"type\":\"scattermapbox\"}],\"layout\":{\"title\":{}}}")]
    [InlineData("{\"data\":[{\"type\":\"image\",\"source\":\"https://evil.test/a.png\"}],\"layout\":{\"title\":{}}}")]
    [InlineData("{\"data\":[{\"x\":[1]}],\"layout\":{\"title\":{}}}")]
    [InlineData("{\"data\":[],\"layout\":{\"title\":\"text\"}}")]
    [InlineData("{\"data\":[],\"layout\":{\"title\":{}},\"layout\":{}}")]
    [InlineData("{\"data\":[{\"type\":\"bar\",\"name\":\"\\ud800\"}],\"layout\":{\"title\":{}}}")]
    public void What_is_no_figure_is_left_out(string json) => Assert.Null(FigureData.Safe(json));

    [Fact]
    public void Deep_or_endless_figures_are_left_out()
    {
        Assert.Null(FigureData.Safe($"{{\"data\":[{{\"type\":\"bar\",\"x\":{new string('[', 50)}{new string(']', 50)}}}],{Layout}}}"));
        Assert.Null(FigureData.Safe($"{{\"data\":[{{\"type\":\"bar\",\"x\":[{string.Join(',', Enumerable.Repeat("1", 1_100_000))}]}}],{Layout}}}"));
    }

    [Fact]
    public void Nothing_that_loads_links_or_runs_is_left()
    {
        string safe = FigureData.Safe("""
            {"data":[{"type":"bar","name":"<a href='javascript:x()'>n</a>","x":["<b>1</b>"],"hovertemplate":"<a href='https://evil.test'>x</a>","texttemplate":"%{x}<script>","customdata":["c' onload=x"],"src":"u"},{"type":"scatter3d","x":[1],"y":[1],"z":[1],"customdata":["o1-p_2",null]}],
             "layout":{"title":{"text":"<img src=x onerror=y>"},"images":[{"source":"https://evil.test/a.png"}],"updatemenus":[{"buttons":[]}],"annotations":[{"text":"<a>","clicktoshow":"on"}],
             "mapbox":{"style":"https://evil.test"},"template":{"layout":{"images":[]}},"height":1e9,"xaxis":{"type":"date","title":{"text":"' onload=x"}}},
             "config":{"plotlyServerURL":"https://evil.test"},"frames":[{}]}
            """)!;
        Assert.DoesNotMatch("[<>&']", safe);
        foreach (string word in (string[])["evil", "images", "updatemenus", "annotations", "mapbox", "template", "config", "frames", "onload=x\"]", "src\"", "date", "1e9", "hovertemplate"]) Assert.DoesNotContain(word, safe);
        Assert.Contains("\\u0026lt;img src=x", safe);
        Assert.Equal(1, safe.Split("customdata").Length - 1); // names of elements are kept, whatever else stands there is not
        Assert.Contains("\"customdata\":[\"o1-p_2\",null]", safe);
    }

    [Fact]
    public void A_page_keeps_the_figure_of_an_output_as_data()
    {
        var cell = Make.Code("c", "chart");
        cell.Outputs = [Make.Html($"<figure class=\"ss-figure\" data-plotly=\"{{&quot;data&quot;:[{{&quot;type&quot;:&quot;bar&quot;}}],{Layout.Replace("\"", "&quot;")}}}\"><svg width=\"1\" height=\"1\"><rect width=\"1\" height=\"1\"/></svg></figure><figure data-plotly=\"alert(1)\">x</figure>")];
        string page = NotebookPage.ToHtml(new Notebook { Cells = [cell] });
        Assert.Contains("data-plotly=\"{&quot;data&quot;:[{&quot;type&quot;:&quot;bar&quot;}]", page);
        Assert.DoesNotContain("alert", page);
        Assert.DoesNotContain("<script", page);
    }
}
