using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Text.Json.Nodes;
using Microsoft.Playwright;
using SimSearch.Tests;
using SimSearch.Tests.Support;

namespace SimSearch.EndToEnd.Tests;

/// <summary>What a person sees: Jupyter Notebook 6 in Chromium with the installed kernel. SIMSEARCH_SCREENSHOTS=DIR keeps pictures of it.</summary>
public sealed class JupyterBrowserTests(KernelFixture jupyter, ReportBrowser browser) : IClassFixture<KernelFixture>, IClassFixture<ReportBrowser>
{
    private const float Limit = 90_000; // a busy machine may take its time; only a hang takes it all

    private static readonly string[] Cells =
    [
        "using SimSearch.Audio;\nusing SimSearch.Charts;\nvar sound = new AudioSignal(Enumerable.Range(0, 8000).Select(i => MathF.Sin(i * i / 9000f) * (1 - i / 8000f)).ToArray(), 8000);",
        "Chart.Waveform(sound, \"A chirp\")",
        "sound",
        "new[] { new { Name = \"bell\", Score = 0.93 }, new { Name = \"rain\", Score = 0.61 }, new { Name = \"dog\", Score = 0.78 } }",
        "Console.WriteLine(\"Grüße\");\nConsole.Error.WriteLine(\"a warning\");\nint kept = 41;",
    ];

    [Fact]
    public async Task A_notebook_is_opened_run_completed_interrupted_and_restarted()
    {
        KernelFixture.Require("notebook", "jupyter-notebook");
        Write(jupyter["work/lesson.ipynb"]);
        using var server = new NotebookServer(jupyter);
        string address = await server.Address();
        await using var open = await browser.OpenAddress($"{address}notebooks/lesson.ipynb?token={NotebookServer.Token}");
        var page = open.Page;
        page.SetDefaultTimeout(Limit);
        try { await Use(page); }
        catch (Exception)
        {
            await Keep(page, "failed");
            throw;
        }
    }

    private static async Task Use(IPage page)
    {
        await Idle(page);

        // Run all: chart, player, table, both streams.
        await page.EvaluateAsync("Jupyter.notebook.execute_all_cells()");
        await page.Locator(".cell:nth-child(2) .output_area svg").First.WaitForAsync();
        await page.Locator(".cell:nth-child(3) audio").EvaluateAsync("player => player.play()");
        await page.WaitForFunctionAsync("() => { const player = document.querySelector('.cell:nth-child(3) audio'); return player.currentTime > 0 && Math.abs(player.duration - 1) < 0.01; }");
        await page.Locator(".cell:nth-child(5) .output_stderr").WaitForAsync();
        await page.WaitForFunctionAsync("() => /\\[5\\]/.test(document.querySelector('.cell:nth-child(5) .input_prompt').textContent)");
        Assert.Equal("Grüße", (await page.Locator(".cell:nth-child(5) .output_stdout").InnerTextAsync()).Trim());
        Assert.Equal("a warning", (await page.Locator(".cell:nth-child(5) .output_stderr").InnerTextAsync()).Trim());
        Assert.Equal(0, await page.Locator(".output_error").CountAsync());
        await page.Locator(".cell:nth-child(4) th", new() { HasText = "Score" }).ClickAsync();
        Assert.Equal(["rain", "dog", "bell"], await page.Locator(".cell:nth-child(4) tbody tr td:first-child").AllInnerTextsAsync());
        await Keep(page, "run");

        // Tab completes a member of a live variable; Shift+Tab explains it.
        await NewCell(page, "sound.Samp");
        await page.Keyboard.PressAsync("Tab");
        await page.WaitForFunctionAsync("() => /^sound\\.Sample/.test(Jupyter.notebook.get_cell(-1).get_text()) || document.querySelectorAll('.completions option, #complete option').length > 0");
        await Keep(page, "completion");
        await page.Keyboard.PressAsync("Escape");
        await NewCell(page, "Math.Max(");
        await page.Keyboard.PressAsync("Shift+Tab");
        await page.Locator("#tooltip:visible, .ipython_tooltip:visible", new() { HasText = "Math.Max" }).First.WaitForAsync();
        await Keep(page, "documentation");
        await page.Keyboard.PressAsync("Escape");

        // A question is answered in the page.
        await Run(page, "Console.WriteLine(\"Hello \" + Input(\"Who? \"));");
        await page.Locator("input.raw_input").FillAsync("Ada");
        await page.Locator("input.raw_input").PressAsync("Enter");
        await page.Locator(".output_stdout", new() { HasText = "Hello Ada" }).WaitForAsync();

        // A loop without end is interrupted by the button, and what was there before is there after.
        await Run(page, "Console.WriteLine(\"looping\"); while (true) kept++;");
        await page.Locator(".output_stdout", new() { HasText = "looping" }).WaitForAsync();
        await page.Locator("button[data-jupyter-action='jupyter-notebook:interrupt-kernel']").ClickAsync();
        await page.Locator(".output_error", new() { HasText = "Interrupted" }).WaitForAsync();
        await Run(page, "sound.SampleRate + (kept > 41 ? 1 : 0)");
        await page.Locator(".output_result", new() { HasText = "8001" }).WaitForAsync();
        await Run(page, "int Half(int n)\n{\n    return n / int.Parse(\"0\");\n}\nHalf(3)");
        await page.Locator(".output_error", new() { HasText = "line 3" }).WaitForAsync();
        await Run(page, "int wrong = \"text\";");
        await page.Locator(".output_error", new() { HasText = "CS0029" }).WaitForAsync();
        await Keep(page, "errors");

        // After a restart the kernel answers and knows nothing.
        await Idle(page);
        await page.EvaluateAsync("Jupyter.notebook.restart_kernel({ confirm: false })");
        await page.WaitForFunctionAsync("() => Jupyter.notebook.kernel && Jupyter.notebook.kernel.info_reply && Jupyter.notebook.kernel.is_connected()");
        await Run(page, "kept");
        await page.Locator(".output_error", new() { HasText = "CS0103" }).WaitForAsync();
        await Keep(page, "restarted");
    }

    private static void Write(string path)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        var notebook = new JsonObject
        {
            ["nbformat"] = 4, ["nbformat_minor"] = 5,
            ["metadata"] = new JsonObject { ["kernelspec"] = new JsonObject { ["name"] = "simsearch", ["display_name"] = "C# (SimSearch)", ["language"] = "C#" } },
            ["cells"] = new JsonArray([.. Cells.Select((source, i) => (JsonNode)new JsonObject
            {
                ["cell_type"] = "code", ["id"] = $"c{i + 1}", ["source"] = source, ["execution_count"] = null, ["outputs"] = new JsonArray(), ["metadata"] = new JsonObject(),
            })]),
        };
        File.WriteAllText(path, notebook.ToJsonString());
    }

    private static Task Idle(IPage page) => page.WaitForFunctionAsync(
        "() => window.Jupyter && Jupyter.notebook && Jupyter.notebook.kernel && Jupyter.notebook.kernel.is_connected() && document.querySelector('#kernel_indicator_icon.kernel_idle_icon')");

    // A new last cell, written as a person does, the cursor behind the last letter.
    private static async Task NewCell(IPage page, string code)
    {
        await page.EvaluateAsync("() => { const n = Jupyter.notebook; n.insert_cell_at_bottom('code'); n.select(n.ncells() - 1); n.edit_mode(); n.get_cell(-1).focus_editor(); }");
        await page.Keyboard.InsertTextAsync(code);
    }

    private static async Task Run(IPage page, string code)
    {
        await NewCell(page, code);
        await page.Keyboard.PressAsync("Control+Enter");
    }

    private static async Task Keep(IPage page, string name)
    {
        if (Environment.GetEnvironmentVariable("SIMSEARCH_SCREENSHOTS") is not { Length: > 0 } folder) return;
        Directory.CreateDirectory(folder);
        await page.ScreenshotAsync(new() { Path = Path.Combine(folder, $"jupyter-{name}.png") });
    }

    /// <summary>A notebook server on a free port, with a folder and a home of its own.</summary>
    private sealed class NotebookServer : IDisposable
    {
        public const string Token = "only-for-this-test";

        private readonly KernelFixture jupyter;
        private readonly Process process;
        private readonly Task<string> said;

        public NotebookServer(KernelFixture jupyter)
        {
            this.jupyter = jupyter;
            using var free = new TcpListener(IPAddress.Loopback, 0);
            free.Start();
            int port = ((IPEndPoint)free.LocalEndpoint).Port;
            free.Stop();
            var start = new ProcessStartInfo(KernelFixture.Python,
            [
                "-m", "notebook", "--no-browser", "--allow-root", "--ip=127.0.0.1", $"--port={port}", $"--notebook-dir={jupyter["work"]}", $"--NotebookApp.token={Token}",
                "--NotebookApp.terminals_enabled=False", "--NotebookApp.nbserver_extensions={}",
            ]) { RedirectStandardError = true, RedirectStandardInput = true, WorkingDirectory = jupyter["work"] };
            foreach (var (name, value) in jupyter.Environment) start.Environment[name] = value;
            process = Process.Start(start)!;
            said = process.StandardError.ReadToEndAsync();
        }

        /// <summary>The server's address, once it answers: it says so in a file, and may have taken another port.</summary>
        public async Task<string> Address()
        {
            using var client = new HttpClient();
            for (var watch = Stopwatch.StartNew(); watch.ElapsedMilliseconds < Limit && !process.HasExited; await Task.Delay(50))
            {
                try
                {
                    if (!Directory.Exists(jupyter["runtime"]) || Directory.GetFiles(jupyter["runtime"], "nbserver-*.json").FirstOrDefault() is not { } file) continue;
                    string address = (string)JsonNode.Parse(await File.ReadAllTextAsync(file))!["url"]!;
                    if ((await client.GetAsync($"{address}api?token={Token}")).IsSuccessStatusCode) return address;
                }
                catch (Exception e) when (e is HttpRequestException or IOException or System.Text.Json.JsonException) { /* not yet */ }
            }
            if (!process.HasExited) process.Kill(entireProcessTree: true);
            throw new InvalidOperationException($"the notebook server did not start:\n{await said}");
        }

        public void Dispose()
        {
            if (!process.HasExited) process.Kill(entireProcessTree: true);
            process.WaitForExit();
            process.Dispose();
        }
    }
}
