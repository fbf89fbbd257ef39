using System.Diagnostics;
using System.Globalization;
using System.Security.Cryptography;
using SimSearch.Learning;

namespace SimSearch.EndToEnd.Tests;

/// <summary><c>simsearch train</c> as a person uses it: train, embed with the model, measure, misuse.</summary>
public sealed class TrainCommandTests : IDisposable
{
    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public void A_trained_model_embeds_and_the_same_command_makes_the_same_model()
    {
        Tool.Run("datasets", "synthetic", folder["sounds"], "--per-class", "3", "--rooms", "3").Succeeded();
        string[] train = ["train", folder["sounds"], "--epochs", "2", "--exclude-group", "fold-3", "--seed", "4", "--json"];
        var first = Tool.Run([.. train, "--out", folder["one.onnx"], "--report", folder["report"]]).Succeeded().Json;
        Assert.Equal((32, 16), ((int)first["sounds"]!, (int)first["figures"]!["queries"]!));
        Assert.InRange((double)first["largest_difference"]!, 0, 1e-5);
        Assert.False(File.Exists(folder["one.onnx.checkpoint"]));
        Assert.Contains("<svg", File.ReadAllText(folder["report/training.html"]));
        Assert.Equal(3, File.ReadAllLines(folder["report/training.csv"]).Length);

        // Asked for CUDA, a machine without it says so once and comes to the same bytes.
        bool cuda = Tool.Run("doctor").Output.Contains("CUDA works", StringComparison.Ordinal);
        var second = Tool.Run([.. train, "--out", folder["two.onnx"], .. cuda ? (string[])[] : ["--device", "cuda"]]).Succeeded();
        Assert.Equal(cuda ? 0 : 1, second.Errors.Split("runs on the processor").Length - 1);
        Assert.Equal(SHA256.HashData(File.ReadAllBytes(folder["one.onnx"])), SHA256.HashData(File.ReadAllBytes(folder["two.onnx"])));

        var embedded = Tool.Run("embed", folder["sounds"], "--embedder", folder["one.onnx"], "--out", folder["vectors"], "--json").Succeeded().Json;
        Assert.Equal((48, 128), ((int)embedded["items"]!, (int)embedded["dimension"]!));
        // What it was trained on does not count as a test of it.
        Tool.Run("index", "build", folder["vectors"], "--out", folder["index"]).Succeeded();
        Assert.Contains("32 of the 48 queries are files that model 'one' was trained on", Tool.Run("evaluate", folder["index"]).Succeeded().Errors);
        Assert.Contains("from 32 files", Tool.Run("models", "card", folder["one.onnx"]).Succeeded().Output);
    }

    [Fact]
    public void Every_group_in_turn_is_left_out_and_asked()
    {
        Tool.Run("datasets", "synthetic", folder["sounds"], "--per-class", "2", "--rooms", "2").Succeeded();
        bool cuda = Tool.Run("doctor").Output.Contains("CUDA works", StringComparison.Ordinal);
        var measured = Tool.Run("train", folder["sounds"], "--evaluate", "groups", "--seeds", "2", "--epochs", "1", "--loss", "ntxent", "--json", "--device", cuda ? "cpu" : "cuda").Succeeded();
        Assert.Equal(cuda ? 0 : 1, measured.Errors.Split("runs on the processor").Length - 1);
        var folds = measured.Json["folds"]!.AsArray();
        Assert.Equal(["fold-1 0", "fold-2 0", "fold-1 1", "fold-2 1"], folds.Select(f => $"{f!["fold"]} {f["seed"]}"));
        Assert.All(folds, f => Assert.Equal((16, 16), ((int)f!["queries"]!, (int)f["gallery"]!)));
    }

    [Fact]
    public void The_help_tells_the_defaults_of_the_library()
    {
        string help = Tool.Run("train", "--help").Succeeded().Output;
        var (usual, voice) = (LearningOptions.Environment, LearningOptions.Voice);
        Assert.Matches($@"--epochs <N> +Passes over the sounds  \[default: {usual.Epochs}, voice {voice.Epochs}\]", help);
        Assert.Contains(string.Create(CultureInfo.InvariantCulture, $"[default: {usual.Temperature}, ntxent {usual.With(LearningLoss.NtXent).Temperature}]"), help);
        Assert.Contains(string.Create(CultureInfo.InvariantCulture, $"[default: {usual.Rate}]"), help);
        Assert.Contains(string.Create(CultureInfo.InvariantCulture, $"[default: {usual.Views.BackgroundShare}, voice {voice.Views.BackgroundShare}, ntxent 0]"), help);
        Assert.DoesNotContain("images", help);
    }

    [Fact]
    public void Misuse_is_explained()
    {
        Tool.Run("datasets", "synthetic", folder["sounds"], "--per-class", "2", "--rooms", "2").Succeeded();
        void Refused(int code, string says, params string[] arguments)
        {
            var result = Tool.Run(["train", folder["sounds"], .. arguments]);
            Assert.Equal((code, ""), (result.ExitCode, result.Output));
            Assert.Contains(says, result.Errors);
        }
        Refused(2, "--out is missing");
        Refused(2, "--evaluate measures", "--out", folder["m.onnx"], "--evaluate", "groups");
        Refused(2, "--only says what --evaluate", "--out", folder["m.onnx"], "--only", "fold-1");
        Refused(2, "--seeds says what --evaluate", "--out", folder["m.onnx"], "--seeds", "2");
        Refused(2, "--resume is for training", "--evaluate", "groups", "--resume");
        Refused(2, "--patience needs --validation", "--out", folder["m.onnx"], "--patience", "3");
        Refused(1, "lower-case", "--out", folder["My Model.onnx"]);
        Refused(1, "no such group", "--out", folder["m.onnx"], "--exclude-group", "fold-9");
        Refused(2, "no such group", "--evaluate", "groups", "--only", "fold-9");
        Refused(1, "split 'train'", "--evaluate", "split");
        Assert.False(File.Exists(folder["m.onnx"]));
    }

    [Fact]
    public void Labels_that_nothing_can_be_learned_from_are_refused_before_a_sound_is_read()
    {
        Directory.CreateDirectory(folder["one/bell"]);
        for (int i = 0; i < 3; i++) File.WriteAllText(folder[$"one/bell/{i}.wav"], "no sound at all");
        var one = Tool.Run("train", folder["one"], "--out", folder["m.onnx"]);
        Assert.Equal(1, one.ExitCode);
        Assert.Contains("all 3 sounds are of one class", one.Errors);
        var none = Tool.Run("train", folder["one/bell"], "--out", folder["m.onnx"]);
        Assert.Contains("none of the 3 sounds has a label", none.Errors);
        Assert.Contains("--loss ntxent", none.Errors);
        Assert.Contains("cannot be read", Tool.Run("train", folder["one"], "--out", folder["m.onnx"], "--loss", "ntxent").Errors);

        Directory.CreateDirectory(folder["one/drum"]);
        File.WriteAllText(folder["one/drum/0.wav"], "no sound at all");
        Assert.Contains("one sound alone to learn drum from", Tool.Run("train", folder["one"], "--out", folder["m.onnx"]).Errors);
    }

    [Fact]
    public async Task Ctrl_C_keeps_what_was_reached_and_resume_ends_with_the_same_model()
    {
        Tool.Run("datasets", "synthetic", folder["sounds"], "--per-class", "2", "--rooms", "2").Succeeded();
        string[] train = ["train", folder["sounds"], "--epochs", "120", "--out"];
        Tool.Run([.. train, folder["straight.onnx"]]).Succeeded();
        // Where the tests run behind a shell's &, their children ignore Ctrl-C; env gives it back to them.
        var start = new ProcessStartInfo("env", ["--default-signal=INT", .. Tool.Command([.. train, folder["stopped.onnx"]])]) { RedirectStandardError = true };
        using (var tool = Process.Start(start)!)
        {
            var errors = tool.StandardError.ReadToEndAsync();
            while (!File.Exists(folder["stopped.onnx.checkpoint"]) && !tool.HasExited) Thread.Sleep(20);
            Process.Start("kill", ["-INT", $"{tool.Id}"]).WaitForExit();
            await tool.WaitForExitAsync();
            Assert.Equal(1, tool.ExitCode);
            Assert.Matches("stopped; [0-9]+ of 120 epochs are kept; the same command with --resume goes on", await errors);
        }
        Assert.False(File.Exists(folder["stopped.onnx"]));
        Tool.Run([.. train, folder["stopped.onnx"], "--resume"]).Succeeded();
        Assert.Equal(File.ReadAllBytes(folder["straight.onnx"]), File.ReadAllBytes(folder["stopped.onnx"]));
    }
}
