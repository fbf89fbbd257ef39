using System.Diagnostics;
using SimSearch.Tests.Support;

namespace SimSearch.EndToEnd.Tests;

/// <summary>
/// The kernel that <c>simsearch kernel install</c> leaves, where Debian's Jupyter finds it, and a home in which its programs may write.
/// </summary>
public sealed class KernelFixture : IDisposable
{
    /// <summary>Debian's, for which the Jupyter packages are.</summary>
    public const string Python = "/usr/bin/python3";

    private readonly TemporaryFolder home = new();

    /// <summary>Installs the kernel.</summary>
    public KernelFixture()
    {
        var installed = Tool.Run("kernel", "install", "--prefix", home["prefix"], "--json").Succeeded();
        Specification = Path.Combine((string)installed.Json["folder"]!, "kernel.json");
    }

    /// <summary>The kernel.json.</summary>
    public string Specification { get; }

    /// <summary>A path in the home folder.</summary>
    public string this[string name] => home[name];

    /// <summary>What a program of Jupyter needs to find the kernel and to touch nothing of the person who runs the tests.</summary>
    public IReadOnlyDictionary<string, string> Environment => new Dictionary<string, string>
    {
        ["JUPYTER_PATH"] = home["prefix/share/jupyter"], ["JUPYTER_RUNTIME_DIR"] = home["runtime"], ["JUPYTER_CONFIG_DIR"] = home["config"], ["JUPYTER_DATA_DIR"] = home["data"],
        ["IPYTHONDIR"] = home["ipython"], ["HOME"] = home.Path, ["SIMSEARCH_CACHE"] = home["cache"], ["PYTHONWARNINGS"] = "ignore",
    };

    /// <summary>Skips the test when a module is not installed.</summary>
    public static void Require(string module, string package) =>
        SharedData.SkipUnless(File.Exists(Python) && Tool.Start(Python, ["-c", $"import {module}"]).ExitCode == 0, $"{Python} has no module {module}: install the Debian package {package}");

    /// <summary>Runs a script of this project, or with -m a module, and expects it to work.</summary>
    public ToolResult Run(params string[] arguments) =>
        Tool.Start("env", [.. Environment.Select(v => $"{v.Key}={v.Value}"), Python, .. arguments], home.Path).Succeeded();

    /// <summary>A script of this project.</summary>
    public static string Script(string name) => Path.Combine(SharedData.RepositoryRoot, "tests", "SimSearch.EndToEnd.Tests", "Jupyter", name);

    /// <inheritdoc/>
    public void Dispose() => home.Dispose();
}
