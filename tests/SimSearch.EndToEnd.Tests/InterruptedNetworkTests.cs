using SimSearch.Audio;
using SimSearch.Embedding;
using SimSearch.Notebooks;
using SimSearch.Notebooks.Tests;
using SimSearch.Tests.Support;

namespace SimSearch.EndToEnd.Tests;

/// <summary>A notebook's cell that is inside of ONNX Runtime, which knows no interrupts of its own.</summary>
public sealed class InterruptedNetworkTests : IAsyncDisposable
{
    private readonly TemporaryFolder folder = new();

    // Beyond this the cell would be given up instead of ended: seconds for a busy machine, where it takes milliseconds.
    private readonly CellSession notebook = new() { Engine = new CSharpEngine { Patience = TimeSpan.FromSeconds(30) } };

    public async ValueTask DisposeAsync()
    {
        await notebook.DisposeAsync();
        folder.Dispose();
    }

    [Fact]
    public async Task A_cell_that_embeds_with_a_network_stops_and_the_state_stays()
    {
        string model = Adding("endless", long.MaxValue), brief = Adding("brief", 3);
        await notebook.OkAsync($"""
            #r "{typeof(OnnxEmbedder).Assembly.Location}"
            using SimSearch.Audio; using SimSearch.Embedding;
            var embedder = OnnxEmbedder.Load("{model}");
            var vector = new float[1];
            long before = 41;
            """);
        foreach (string embed in (string[])["embedder.Embed([new AudioSignal([0.5f, 0.25f], 8000)], vector);", "embedder.Embed([.. Enumerable.Range(1, 5).Select(n => new AudioSignal(new float[n], 8000))], new float[5]);",
            "await Task.WhenAll(Enumerable.Range(0, 2).Select(i => Task.Run(() => embedder.Embed([new AudioSignal([0.5f], 8000)], new float[1]))));"])
        {
            var output = new Recorder();
            var running = notebook.RunAsync($"var within = 1; Console.Error.Write(\"on\");\n{embed}\nConsole.Write(\"over\");", output: output);
            Assert.True(SpinWait.SpinUntil(() => output.Err == "on", TimeSpan.FromMinutes(1)));
            // Into the network, most likely; the interrupt must do at any moment.
            await Task.Delay(200);
            notebook.Engine.Interrupt();
            var (result, _) = await running;
            Assert.Equal("Interrupted", result.Error!.Name);
            Assert.Equal("", output.Out);
            Assert.Equal("42", await notebook.TextAsync("before + within"));
        }
        // ONNX Runtime goes on in the same process, with a network that ends.
        Assert.Equal("0.375 endless", await notebook.TextAsync($"OnnxEmbedder.Load(\"{brief}\").Embed([new AudioSignal([0.5f, 0.25f], 8000)], vector); System.FormattableString.Invariant($\"{{vector[0]}} {{embedder.Name}}\")"));
    }

    /// <summary>A model whose network adds 0 to its input so many times, and gives the mean.</summary>
    private string Adding(string name, long times)
    {
        string path = folder[name + ".onnx"];
        File.WriteAllBytes(path, TinyModel.Model(
        [
            TinyModel.Node("Loop", ["n", "", "x"], ["y"], TinyModel.GraphAttribute("body",
                TinyModel.Node("Add", ["s", "zero"], ["t"]), TinyModel.Node("Identity", ["c"], ["c2"]),
                TinyModel.Input("i", TinyModel.Int64), TinyModel.Input("c", 9), TinyModel.Input("s", TinyModel.Float, "t", 1),
                TinyModel.Output("c2", 9), TinyModel.Output("t", TinyModel.Float, "t", 1))),
            TinyModel.Bytes(5, TinyModel.Number(2, TinyModel.Int64), TinyModel.Text(8, "n"), TinyModel.Bytes(9, BitConverter.GetBytes(times))), TinyModel.Weights("zero", [1], [0]),
            TinyModel.Input("x", TinyModel.Float, "t", 1), TinyModel.Output("y", TinyModel.Float, "t", 1),
        ]));
        new ModelManifest
        {
            Name = name, Description = "A loop.", Licence = "CC0", SampleRate = 8000, Files = [ModelFile.Of(path)], Dimension = 1,
            Steps = [new NetworkStep { File = name + ".onnx", Input = "x", InputLayout = ["rows", "columns"], Output = "y", OutputLayout = ["rows", "columns"] }, new PoolStep { Kinds = [PoolKind.Mean] }],
        }.Save(path);
        return path;
    }
}
