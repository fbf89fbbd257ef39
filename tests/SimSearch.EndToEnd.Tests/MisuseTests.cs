using System.Globalization;

namespace SimSearch.EndToEnd.Tests;

public sealed class MisuseTests
{
    [Fact]
    public void The_bare_name_shows_what_there_is()
    {
        var result = Tool.Run().Succeeded();
        Assert.Contains("embed", result.Output);
        Assert.Contains("Examples:", result.Output);
    }

    [Theory]
    [InlineData("features x.wav --kind melody --out x.npy", "one of power, mel")]
    [InlineData("features x.wav --out x.npy", "--kind")]
    [InlineData("features --kind mel --out x.npy", "FILE")]
    [InlineData("search index -k ten q.wav", "ten")]
    [InlineData("search index q.wav --no-such-option", "--no-such-option")]
    [InlineData("nonsense", "nonsense")]
    [InlineData("features x.wav --kindly mel --out x.npy", "--kindly")]
    [InlineData("index build e --factory  --out i", "--factory")]
    [InlineData("features  --kind mel --out x.npy", "argument 2")]
    [InlineData("index", "one of build, info, export, import")]
    [InlineData("features x.wav --kind mel --out x.npy --threads -2", "--threads")]
    [InlineData("features x.wav --kind mel --out x.npy --top-db loud", "'none'")]
    [InlineData("features x.wav --kind mel --out x.npy --sample-rate 1e12", "whole number")]
    [InlineData("features x.wav --kind mel --out x.npy --sample-rate 22050.5", "whole number")]
    [InlineData("resample x.wav --to 8000 --out x.mp3", ".wav or .npy")]
    [InlineData("evaluate index --k 0", "--k")]
    [InlineData("run --foo", "--foo")]
    [InlineData("features x.wav --kind mel --out x.csv", ".npy")]
    [InlineData("datasets synthetic sounds --per-class 5000", "from 1 to 1000")]
    [InlineData("embed sounds --segment -1 --out e", "--segment")]
    [InlineData("embed sounds --segment 1 --overlap 1 --out e", "--overlap")]
    public void A_misused_command_exits_with_2_and_two_lines_on_stderr(string arguments, string expected)
    {
        var result = Tool.Run(arguments.Split(' '));
        Assert.Equal(2, result.ExitCode);
        Assert.Empty(result.Output);
        Assert.Contains(expected, result.Errors);
        Assert.Contains("--help", result.Errors);
        Assert.DoesNotContain("   at ", result.Errors);
        Assert.InRange(result.Errors.Trim().Split('\n').Length, 1, 2);
    }

    [Theory]
    [InlineData("features missing.wav --kind mel --out x.npy", "missing.wav")]
    [InlineData("search no-such-index q.wav", "no-such-index")]
    [InlineData("evaluate no-such-index", "no-such-index")]
    [InlineData("embed no-such-folder --out e", "no-such-folder")]
    [InlineData("index info no-such-index", "no-such-index")]
    [InlineData("datasets fetch no-such-set", "no-such-set")]
    [InlineData("notebook run no-such.ipynb", "no-such.ipynb")]
    [InlineData("notebook strip no-such.ipynb", "no-such.ipynb")]
    [InlineData("report no-such-folder", "'no-such-folder' does not exist")]
    [InlineData("project no-such-folder --out map", "no-such-folder")]
    [InlineData("train no-such-folder --out m.onnx", "no-such-folder")]
    [InlineData("models check no-such.onnx", "no-such.onnx")]
    [InlineData("kernel start no-such.json", "no-such.json")]
    public void A_command_that_fails_exits_with_1_and_names_the_cause_without_a_stack_trace(string arguments, string expected)
    {
        var result = Tool.Run(arguments.Split(' '));
        Assert.Equal(1, result.ExitCode);
        Assert.Empty(result.Output);
        Assert.Contains(expected, result.Errors);
        Assert.DoesNotContain("   at ", result.Errors);
    }

    [Theory]
    [InlineData("embed no-such --out {0}/e", "--out")]
    [InlineData("index build no-such --out {0}/i", "--out")]
    [InlineData("index import no-such --out {0}/i", "--out")]
    [InlineData("index export no-such --faiss {0}/i.faiss", "--faiss")]
    [InlineData("project no-such --out {0}", "--out")]
    [InlineData("search no-such q.wav --out {0}/h.csv", "--out")]
    [InlineData("evaluate no-such --html {0}/p.html", "--html")]
    [InlineData("features no-such.wav --kind mel --out {0}/x.npy", "--out")]
    [InlineData("resample no-such.wav --to 8000 --out {0}/x.npy", "--out")]
    [InlineData("datasets split no-such --out {0}/s.csv", "--out")]
    [InlineData("datasets fetch no-such --out {0}/s", "--out")]
    [InlineData("train no-such --out {0}/m.onnx", "--out")]
    [InlineData("train no-such --out m.onnx --report {0}", "--report")]
    [InlineData("run no-such --out {0}", "--out")]
    [InlineData("report {0} --out {0}", "--out")]
    [InlineData("notebook run no-such.ipynb --out {0}", "--out")]
    [InlineData("notebook html no-such.ipynb --out {0}", "--out")]
    public void An_output_that_cannot_be_written_is_refused_before_anything_is_read(string arguments, string option)
    {
        string file = Path.GetTempFileName();
        try
        {
            var result = Tool.Run(string.Format(CultureInfo.InvariantCulture, arguments, file).Split(' '));
            Assert.Equal(1, result.ExitCode);
            Assert.StartsWith($"error: {option} {file}", result.Errors);
            Assert.Contains("is a file", result.Errors);
            Assert.DoesNotContain("no-such", result.Errors);
        }
        finally { File.Delete(file); }
    }

    [Fact]
    public void Verbose_adds_the_stack_trace()
    {
        var result = Tool.Run("index", "info", "no-such-index", "--verbose");
        Assert.Equal(1, result.ExitCode);
        Assert.Contains("   at ", result.Errors);
    }

    [Theory]
    [InlineData("")]
    [InlineData("run")]
    [InlineData("features")]
    [InlineData("resample")]
    [InlineData("embed")]
    [InlineData("index build")]
    [InlineData("index info")]
    [InlineData("index export")]
    [InlineData("index import")]
    [InlineData("add")]
    [InlineData("remove")]
    [InlineData("search")]
    [InlineData("evaluate")]
    [InlineData("train")]
    [InlineData("notebook run")]
    [InlineData("notebook new")]
    [InlineData("notebook strip")]
    [InlineData("notebook html")]
    [InlineData("kernel install")]
    [InlineData("kernel list")]
    [InlineData("kernel remove")]
    [InlineData("kernel start")]
    [InlineData("doctor")]
    [InlineData("datasets list")]
    [InlineData("project")]
    [InlineData("report")]
    [InlineData("models list")]
    [InlineData("models fetch")]
    [InlineData("models check")]
    [InlineData("models card")]
    [InlineData("datasets fetch")]
    [InlineData("datasets synthetic")]
    [InlineData("datasets split")]
    [InlineData("datasets check")]
    public void Every_command_has_help_with_examples(string command)
    {
        var result = Tool.Run([.. command.Split(' ', StringSplitOptions.RemoveEmptyEntries), "--help"]).Succeeded();
        Assert.Contains("Usage:", result.Output);
        Assert.Contains("Examples:", result.Output);
        Assert.Empty(result.Errors);
    }
}
