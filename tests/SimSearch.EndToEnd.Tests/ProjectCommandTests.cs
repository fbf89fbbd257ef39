using System.Text.Json.Nodes;
using SimSearch.Audio;
using SimSearch.Storage;
using SimSearch.Tests;

namespace SimSearch.EndToEnd.Tests;

/// <summary>The contract of <c>simsearch project</c>: files for programs, and a page whose points play.</summary>
public sealed class ProjectCommandTests(ReportBrowser browser) : IClassFixture<ReportBrowser>, IDisposable
{
    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    private void Tones()
    {
        for (int i = 0; i < 12; i++)
        {
            string path = folder[$"sounds/{(i % 2 == 0 ? "high" : "low")}/{i}.wav"];
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            WavWriter.Write(path, new AudioSignal([.. Enumerable.Range(0, 8000).Select(t => MathF.Sin(t * (i % 2 == 0 ? 0.9f : 0.1f) * (1 + 0.02f * i)) * 0.5f)], 8000));
        }
    }

    [Fact]
    public async Task A_map_of_sounds_has_its_files_and_points_that_play()
    {
        Tones();
        Tool.Run("embed", folder["sounds"], "--embedder", "mfcc-stats", "--sample-rate", "8000", "--out", folder["e"]).Succeeded();
        var said = Tool.Run("project", folder["e"], "--perplexity", "3", "--iterations", "250", "--out", folder["map"], "--json").Succeeded().Json;
        Assert.Equal(("t-SNE", 12), ((string)said["method"]!, (int)said["items"]!));
        Assert.InRange((double)said["trustworthiness"]!, 0.5, 1);
        Assert.Equal(12, Npy.Read<float>(folder["map/projection.npy"], out long[] shape).Length / 2);
        Assert.Equal([12, 2], shape);
        string[] rows = File.ReadAllLines(folder["map/projection.csv"]);
        Assert.Equal((13, "id,label,group,x,y"), (rows.Length, rows[0]));
        Assert.Contains("trustworthiness", File.ReadAllText(folder["map/projection.svg"]));
        Assert.Contains("customdata", File.ReadAllText(folder["map/index.html"]));

        await using var page = await browser.Open(folder["map/index.html"]);
        var points = page.Page.Locator(".ss-plot a[href]");
        Assert.Equal(12, await points.CountAsync());
        await page.Page.EvaluateAsync("() => { window.started = 0; document.addEventListener('play', () => window.started++, true); }");
        Assert.True(await page.Heard(points.Nth(3)) > 0);
        Assert.Equal(1, await Started(page, 1));
        await points.Nth(5).FocusAsync();
        await page.Page.Keyboard.PressAsync("Enter");
        Assert.Equal(2, await Started(page, 2));
        Assert.Empty(page.Complaints);
        Assert.Empty(page.RequestsElsewhere);

        // Without scripts a point still leads to its player.
        await using var still = await browser.Open(folder["map/index.html"], scripts: false);
        string target = (await still.Page.Locator(".ss-plot a[href]").First.GetAttributeAsync("href"))!;
        Assert.Equal(1, await still.Page.Locator($"{target} audio[controls]").CountAsync());
    }

    [Fact]
    public async Task Embeddings_in_a_notebook_have_a_map_whose_points_play()
    {
        Tones();
        Tool.Run("embed", folder["sounds"], "--embedder", "mfcc-stats", "--sample-rate", "8000", "--out", folder["e"]).Succeeded();
        Tool.Run("notebook", "new", folder["map.ipynb"]).Succeeded();
        var notebook = JsonNode.Parse(File.ReadAllText(folder["map.ipynb"]))!;
        var cell = notebook["cells"]!.AsArray().First(c => (string)c!["cell_type"]! == "code")!.DeepClone();
        cell["source"] = $"using SimSearch.Embedding;\nEmbeddings.Load({JsonValue.Create(folder["e"]).ToJsonString()})";
        notebook["cells"] = new JsonArray(cell);
        File.WriteAllText(folder["map.ipynb"], notebook.ToJsonString());
        Tool.Run("notebook", "run", folder["map.ipynb"], "--out", folder["x"], "--html").Succeeded();
        await using var page = await browser.Open(folder["x/map.html"]);
        var points = page.Page.Locator(".ss-plot a[href]");
        Assert.Equal(12, await points.CountAsync());
        Assert.True(await page.Heard(points.Nth(7)) > 0);
        Assert.Empty(page.Complaints);
        Assert.Empty(page.RequestsElsewhere);
    }

    [Fact]
    public async Task A_cloud_in_three_dimensions_can_be_turned_and_heard()
    {
        Tones();
        Tool.Run("embed", folder["sounds"], "--embedder", "mfcc-stats", "--sample-rate", "8000", "--out", folder["e"]).Succeeded();
        Tool.Run("project", folder["e"], "--method", "pca", "--dimensions", "3", "--out", folder["map"]).Succeeded();
        Assert.Contains("scatter3d", File.ReadAllText(folder["map/projection.plotly.json"]));
        Assert.StartsWith("id,label,group,x,y,z\n", File.ReadAllText(folder["map/projection.csv"]));

        await using var page = await browser.Open(folder["map/index.html"]);
        var canvas = page.Page.Locator(".ss-turn canvas");
        const string picture = "c => c.toDataURL()";
        string before = await canvas.EvaluateAsync<string>(picture);
        var box = (await canvas.BoundingBoxAsync())!;
        await page.Page.Mouse.MoveAsync(box.X + 200, box.Y + 200);
        await page.Page.Mouse.DownAsync();
        await page.Page.Mouse.MoveAsync(box.X + 320, box.Y + 240);
        await page.Page.Mouse.UpAsync();
        string dragged = await canvas.EvaluateAsync<string>(picture);
        Assert.NotEqual(before, dragged);
        await canvas.FocusAsync();
        await page.Page.Keyboard.PressAsync("ArrowLeft");
        Assert.NotEqual(dragged, await canvas.EvaluateAsync<string>(picture));
        // However it is turned, nothing of it is cut off: the canvas is empty along its edges.
        for (int turn = 0; turn < 24; turn++)
        {
            await page.Page.Keyboard.PressAsync(turn % 3 == 0 ? "ArrowUp" : "ArrowLeft");
            Assert.Equal(1, await canvas.EvaluateAsync<int>("""
                c => {
                  const copy = Object.assign(document.createElement('canvas'), { width: c.width, height: c.height });
                  const pen = copy.getContext('2d', { willReadFrequently: true }), colours = new Set();
                  pen.drawImage(c, 0, 0);
                  for (const [x, y, w, h] of [[0, 0, c.width, 2], [0, c.height - 2, c.width, 2], [0, 0, 2, c.height], [c.width - 2, 0, 2, c.height]])
                    new Uint32Array(pen.getImageData(x, y, w, h).data.buffer).forEach(v => colours.add(v));
                  return colours.size;
                }
                """));
        }

        // Somewhere lies a point: the pointer finds it, its name is said, and a click plays it.
        await page.Page.EvaluateAsync("() => { window.started = 0; document.addEventListener('play', () => window.started++, true); }");
        string help = (await page.Page.Locator(".ss-turn p").TextContentAsync())!;
        string? name = null;
        for (int y = 20; y < 440 && name is null; y += 14)
            for (int x = 200; x < 760 && name is null; x += 14)
            {
                await page.Page.Mouse.MoveAsync(box.X + x, box.Y + y);
                if (await page.Page.Locator(".ss-turn p").TextContentAsync() is { } said && said != help) name = said;
            }
        Assert.Matches("^(high|low): ", name);
        await page.Page.Mouse.DownAsync();
        await page.Page.Mouse.UpAsync();
        Assert.Equal(1, await Started(page, 1));
        Assert.Empty(page.Complaints);

        await using var still = await browser.Open(folder["map/index.html"], scripts: false);
        Assert.Equal(36, await still.Page.Locator(".ss-plot a[href]").CountAsync());
    }

    /// <summary>How many sounds were started, as soon as they are so many. The page's policy forbids the browser driver's own way of waiting.</summary>
    private static Task<int> Started(OpenPage page, int wanted) => page.Page.EvaluateAsync<int>("""
        async wanted => {
          for (let i = 0; i < 600 && window.started < wanted; i++) await new Promise(r => setTimeout(r, 50));
          return window.started;
        }
        """, wanted);

    [Fact]
    public void Ready_made_vectors_can_be_reduced()
    {
        var random = new Random(1);
        Npy.Write(folder["x.npy"], [.. Enumerable.Range(0, 40 * 30).Select(_ => (float)random.NextDouble())], [40, 30]);
        var said = Tool.Run("embed", folder["x.npy"], "--random-projection", "20", "--pca", "5", "--whiten", "--unit-length", "--out", folder["e"], "--json").Succeeded().Json;
        Assert.Equal((40, 5), ((int)said["items"]!, (int)said["dimension"]!));
        float[] values = Npy.Read<float>(folder["e/vectors.npy"], out _);
        for (int i = 0; i < 40; i++) Assert.Equal(1, values[(5 * i)..(5 * i + 5)].Sum(v => v * v), 1e-5);
        var other = Tool.Run("embed", folder["x.npy"], "--random-projection", "20", "--pca", "5", "--seed", "1", "--out", folder["e2"], "--json").Succeeded().Json;
        Assert.NotEqual((string)said["fingerprint"]!, (string)other["fingerprint"]!);

        // More vectors of the same kind go the same way, and so do those that FAISS is asked with elsewhere.
        Tool.Run("embed", folder["x.npy"], "--embedder-from", folder["e"], "--out", folder["again"]).Succeeded();
        Assert.Equal(values, Npy.Read<float>(folder["again/vectors.npy"], out _));
        Tool.Run("index", "build", folder["e"], "--out", folder["i"]).Succeeded();
        Assert.Equal(30, (int)Tool.Run("index", "export", folder["i"], "--with-steps", "--faiss", folder["i.faiss"], "--json").Succeeded().Json["takes"]!);
        Assert.Contains("--embedder-from INDEX", Tool.Run("search", folder["i"], folder["x.npy"]).Errors);
        Tool.Run("embed", folder["x.npy"], "--embedder-from", folder["i"], "--out", folder["asked"]).Succeeded();
        Tool.Run("search", folder["i"], folder["asked/vectors.npy"], "-k", "1").Succeeded();
        Assert.Equal(2, Tool.Run("embed", folder["x.npy"], "--embedder-from", folder["e"], "--pca", "2", "--out", folder["no"]).ExitCode);
        Assert.Contains("steps of ready-made vectors", Tool.Run("embed", folder.Path, "--embedder-from", folder["e"], "--out", folder["no"]).Errors);
    }

    [Fact]
    public void Misuse_is_told_in_one_line()
    {
        Npy.Write(folder["x.npy"], [1f, 2, 3, 4, 5, 7, 7, 9], [4, 2]);
        string Refused(int code, params string[] more)
        {
            var result = Tool.Run(["project", folder["x.npy"], "--out", folder["map"], .. more]);
            Assert.Equal(code, result.ExitCode);
            Assert.False(Directory.Exists(folder["map"]));
            return result.Errors;
        }
        Assert.Contains("needs 5 or more", Refused(1));
        Assert.Contains("are for --method tsne", Refused(2, "--method", "pca", "--perplexity", "5"));
        Assert.Contains("2 or 3", Refused(2, "--dimensions", "4"));
        // Said before minutes of t-SNE, not after them.
        Npy.Write(folder["long.npy"], [.. Enumerable.Range(0, 40).Select(i => (float)(i * i % 17))], [20, 2]);
        var late = Tool.Run("project", folder["long.npy"], "--k", "10", "--out", folder["map"]);
        Assert.Contains("k=10 must be 1 to 9", late.Errors);
        Assert.DoesNotContain("t-SNE", late.Errors);
        Assert.Contains("k=2 must be 1 to 1", Refused(1, "--method", "pca", "--k", "2"));
        Tool.Run("project", folder["x.npy"], "--method", "pca", "--out", folder["map"]).Succeeded();
    }
}
