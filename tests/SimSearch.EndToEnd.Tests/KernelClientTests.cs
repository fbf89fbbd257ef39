using System.Text.Json.Nodes;
using SimSearch.Tests.Support;

namespace SimSearch.EndToEnd.Tests;

/// <summary>The installed kernel under Jupyter's own clients, Debian's, on libzmq.</summary>
public sealed class KernelClientTests(KernelFixture jupyter) : IClassFixture<KernelFixture>
{
    [Fact]
    public void The_conformance_suite_of_Jupyter_passes()
    {
        KernelFixture.Require("jupyter_kernel_test", "python3-jupyter-kernel-test");
        Assert.Contains("conforms", jupyter.Run(KernelFixture.Script("conformance.py")).Output);
    }

    [Fact]
    public void Jupyter_client_runs_interrupts_restarts_and_answers_input()
    {
        KernelFixture.Require("jupyter_client", "python3-jupyter-client");
        var run = jupyter.Run(KernelFixture.Script("scenario.py"));
        Assert.Contains("all as it should be", run.Output);
        TestContext.Current.SendDiagnosticMessage(run.Output);
    }

    [Fact]
    public void Nbclient_executes_a_notebook_and_nbconvert_makes_a_page_of_it()
    {
        KernelFixture.Require("nbclient", "python3-nbclient");
        KernelFixture.Require("nbconvert", "python3-nbconvert");
        Assert.Contains("executed", jupyter.Run(KernelFixture.Script("notebook.py"), jupyter["lesson.ipynb"]).Output);
        jupyter.Run("-m", "nbconvert", "--execute", "--to", "html", jupyter["lesson.ipynb"]);
        string page = File.ReadAllText(jupyter["lesson.html"]);
        Assert.Contains("<audio", page);
        Assert.Contains("<svg", page);
        Assert.Contains("90 %", page);
        Assert.Contains("bell", page);
    }

    [Fact]
    public void A_guided_notebook_is_executed_as_it_stands_by_the_kernel_it_asks_for()
    {
        KernelFixture.Require("nbconvert", "python3-nbconvert");
        string notebook = jupyter["00-start-here.ipynb"];
        File.Copy(Path.Combine(SharedData.RepositoryRoot, "notebooks", "00-start-here.ipynb"), notebook, overwrite: true);
        Assert.Equal(".net-csharp", (string)JsonNode.Parse(File.ReadAllText(notebook))!["metadata"]!["kernelspec"]!["name"]!);
        jupyter.Run("-m", "nbconvert", "--execute", "--to", "notebook", "--output", "executed", notebook);
        var last = JsonNode.Parse(File.ReadAllText(jupyter["executed.ipynb"]))!["cells"]!.AsArray().Last(cell => (string)cell!["cell_type"]! == "code")!;
        Assert.Contains("as claimed", last["outputs"]!.ToJsonString());
    }

    [Fact]
    public void The_name_of_dot_NET_Interactives_kernel_is_taken_only_where_it_is_free_and_given_back()
    {
        using var place = new TemporaryFolder();
        string Kernel(string name) => place[$"share/jupyter/kernels/{name}/kernel.json"];
        Tool.Run("kernel", "install", "--prefix", place.Path).Succeeded();
        Assert.True(File.Exists(Kernel("simsearch")) && File.Exists(Kernel(".net-csharp")));
        Tool.Run("kernel", "remove", "--prefix", place.Path).Succeeded();
        Assert.False(File.Exists(Kernel("simsearch")) || File.Exists(Kernel(".net-csharp")));

        const string theirs = """{"argv":["dotnet","interactive","jupyter","{connection_file}"],"display_name":".NET (C#)","language":"C#"}""";
        Directory.CreateDirectory(Path.GetDirectoryName(Kernel(".net-csharp"))!);
        File.WriteAllText(Kernel(".net-csharp"), theirs);
        Tool.Run("kernel", "install", "--prefix", place.Path).Succeeded();
        Tool.Run("kernel", "remove", "--prefix", place.Path).Succeeded();
        Assert.Equal(theirs, File.ReadAllText(Kernel(".net-csharp")));
    }

    [Fact]
    public void Runaway_cells_of_every_kind_end_when_interrupted_and_leave_the_variables()
    {
        KernelFixture.Require("jupyter_client", "python3-jupyter-client");
        var run = jupyter.Run(Path.Combine(SharedData.RepositoryRoot, "tests", "SimSearch.Benchmarks", "peers", "interrupt_peer.py"), "--runs", "10");
        Assert.Empty(run.Json["wrong"]!.AsArray());
        Assert.Equal(10, run.Json["seconds"]!.AsObject().Sum(kind => kind.Value!.AsArray().Count));
        TestContext.Current.SendDiagnosticMessage(run.Errors);
    }

    [Fact]
    public void The_kernel_is_interrupted_by_message_and_found_by_its_name()
    {
        var content = JsonNode.Parse(File.ReadAllText(jupyter.Specification))!;
        Assert.Equal("message", (string)content["interrupt_mode"]!);
        Assert.Equal("C#", (string)content["language"]!);
        Assert.EndsWith(Path.Combine("share", "jupyter", "kernels", "simsearch", "kernel.json"), jupyter.Specification);
    }

    [Theory]
    [InlineData("ip", "\"192.0.2.1\"", "loopback")]
    [InlineData("shell_port", "70000", "shell_port=70000")]
    [InlineData("hb_port", null, "hb_port")]
    [InlineData("key", "\"\"", "key")]
    [InlineData("signature_scheme", "\"none\"", "signature_scheme='none'")]
    public void A_connection_file_with_a_wrong_field_ends_the_kernel_with_its_name(string field, string? value, string named)
    {
        var content = new JsonObject
        {
            ["transport"] = "tcp", ["ip"] = "127.0.0.1", ["shell_port"] = 1, ["control_port"] = 2, ["stdin_port"] = 3, ["iopub_port"] = 4, ["hb_port"] = 5, ["key"] = "k", ["signature_scheme"] = "hmac-sha256",
        };
        if (value is null) content.Remove(field);
        else content[field] = JsonNode.Parse(value);
        string file = jupyter[$"{Guid.NewGuid():N}.json"];
        File.WriteAllText(file, content.ToJsonString());
        var ended = Tool.Run("kernel", "start", file);
        Assert.Equal(1, ended.ExitCode);
        Assert.Contains(named, ended.Errors);
        Assert.DoesNotContain("   at ", ended.Errors);
    }
}
