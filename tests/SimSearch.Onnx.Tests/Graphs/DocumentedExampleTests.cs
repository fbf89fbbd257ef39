using SimSearch.Tests.Support;

namespace SimSearch.Onnx.Tests;

/// <summary>The example in the documentation of <see cref="GraphBuilder"/>, line by line.</summary>
public sealed class DocumentedExampleTests
{
    [Fact]
    public void The_example_of_the_builder_trains_and_exports()
    {
        if (!OnnxRuntime.IsAvailable(out string? reason)) SharedData.SkipUnless(false, reason);
        var schedule = new CosineSchedule(4e-3, 700, 70);
        var batch = new float[30 * 64 * 128];

        var g = new GraphBuilder();
        GraphTensor x = g.Input("x", [30, 1, 64, 128]), labels = g.Input("labels", [30, 10]);
        GraphTensor h = x;
        using (g.Scope("stem"))
            h = g.Relu(g.LayerNormLayer(g.ConvLayer(h, 16, kernel: 5, stride: 2, pad: 2)));
        h = g.Reshape(h, 0, 16 * 32, -1);
        h = g.Concat(1, g.Mean(h, [-1]), g.Max(h, [-1]));
        GraphTensor z = g.L2Normalise(g.LinearLayer(g.Dropout(h, 0.2), 128, "head"));
        GraphTensor loss = g.CosineSoftmax(z, g.Parameter("classes", [10, 128], Initialiser.Normal(0.05), decay: true), labels) + g.SupervisedContrastive(z, labels, 0.1);
        using var training = TrainingGraph.Compile(g, loss, new TrainingOptions { Seed = 7, ClipNorm = 5, AverageDecay = 0.98 });
        batch.CopyTo(training.Input("x"));
        StepResult step = training.Step(rate: schedule.Rate(training.StepCount));
        byte[] model = training.Export(z, new ExportOptions { Open = [("x", 0, "batch"), ("x", 3, "frames")] });

        Assert.True(float.IsFinite(step.Loss));
        using var session = OnnxSession.FromBytes(model);
        Assert.Equal("frames", Assert.Single(session.Inputs).Symbols[3]);
    }

    [Fact]
    public void It_is_the_one_in_the_documentation()
    {
        string[] Lines(string file, Func<string, bool> take) => [.. File.ReadAllLines(Path.Combine(SharedData.RepositoryRoot, file)).Select(l => l.Trim()).Where(take)];
        string[] test = Lines("tests/SimSearch.Onnx.Tests/Graphs/DocumentedExampleTests.cs", _ => true);
        string[] documented = Lines("src/SimSearch.Onnx/Graphs/GraphBuilder.cs", l => l.StartsWith("/// ", StringComparison.Ordinal)).SkipWhile(l => l != "/// <code>").Skip(1).TakeWhile(l => l != "/// </code>").Select(l => l[4..].Split("  //")[0].Split(" ...")[0].Trim()).ToArray();
        Assert.True(documented.Length > 10);
        Assert.All(documented, line => Assert.Contains(line, test));
    }
}
