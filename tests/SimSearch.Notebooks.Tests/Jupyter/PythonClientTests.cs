using System.Diagnostics;
using System.Runtime.CompilerServices;
using SimSearch.Tests.Support;

namespace SimSearch.Notebooks.Tests;

/// <summary>Jupyter's own clients (Debian's, on libzmq) start this test assembly as their kernel and talk to it.</summary>
public sealed class PythonClientTests : IDisposable
{
    private const string Python = "/usr/bin/python3";
    private readonly string _prefix = Directory.CreateTempSubdirectory("jupyter-").FullName;

    public void Dispose() => Directory.Delete(_prefix, recursive: true);

    [Fact]
    public void The_conformance_suite_of_Jupyter_passes() => RunScript("conformance.py", "jupyter_kernel_test", "python3-jupyter-kernel-test", "conforms");

    [Fact]
    public void Jupyter_client_runs_interrupts_restarts_and_answers_input() => RunScript("scenario.py", "jupyter_client", "python3-jupyter-client", "all as it should be");

    [Fact]
    public void Nbclient_executes_a_notebook() => RunScript("notebook.py", "nbclient", "python3-nbclient", "executed");

    private void RunScript(string script, string module, string package, string expected)
    {
        SharedData.SkipUnless(File.Exists(Python) && Run(["-c", $"import {module}"]).Code == 0, $"{Python} has no module {module}: install the Debian package {package}");
        string host = Environment.ProcessPath!;
        string[] command = Path.GetFileNameWithoutExtension(host) == "dotnet" ? [host, typeof(PythonClientTests).Assembly.Location] : [host];
        KernelSpec.Install(KernelSpecPlace.Prefix(_prefix), "simsearch-toy", "Toy", [.. command, "--kernel", "{connection_file}"]);
        (int code, string output) = Run([Path.Combine(Here(), script)]);
        Assert.True(code == 0 && output.Contains(expected), output);
        TestContext.Current.TestOutputHelper?.WriteLine(output);
    }

    private (int Code, string Output) Run(string[] arguments)
    {
        var start = new ProcessStartInfo(Python, arguments) { RedirectStandardOutput = true, RedirectStandardError = true, WorkingDirectory = _prefix };
        start.Environment["JUPYTER_PATH"] = Path.Combine(_prefix, "share", "jupyter");
        start.Environment["JUPYTER_RUNTIME_DIR"] = Path.Combine(_prefix, "runtime");
        start.Environment["HOME"] = _prefix;
        using Process process = Process.Start(start)!;
        Task<string> errors = process.StandardError.ReadToEndAsync();
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return (process.ExitCode, output + errors.Result);
    }

    private static string Here([CallerFilePath] string path = "") => Path.GetDirectoryName(path)!;
}
