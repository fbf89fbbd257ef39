using System.CommandLine;
using System.Text.Json.Nodes;
using SimSearch.Cli.Terminal;
using SimSearch.Diagnostics;
using SimSearch.Notebooks;
using SimSearch.Storage;
using Spectre.Console;

namespace SimSearch.Cli.Commands;

/// <summary><c>simsearch kernel install | list | remove | start</c>: the C# kernel for Jupyter and VS Code.</summary>
internal static class KernelCommand
{
    private static readonly Argument<string> Connection = CommonOptions.Word("FILE", "Connection file that the Jupyter client wrote");
    private static readonly Option<bool> User = new("--user") { Description = "For the current user (the default)" };
    private static readonly Option<bool> SysPrefix = new("--sys-prefix") { Description = "Into the virtual or conda environment that is active" };
    private static readonly Option<string?> Prefix = new("--prefix") { Description = "Below this folder: DIR/share/jupyter/kernels", HelpName = "DIR" };
    private static readonly Option<string> Name = new("--name") { Description = "The kernel's name", HelpName = "NAME", DefaultValueFactory = _ => "simsearch" };

    private static readonly Option<bool> NoHistory = new("--no-history") { Description = "Do not keep the cells that are run for later sessions" };

    public static Command Create(CancellationToken stop) => new Command("kernel", "Install the C# kernel for Jupyter and VS Code")
    {
        new Command("install", "Let Jupyter and VS Code find the kernel") { User, SysPrefix, Prefix, Name, NoHistory }.Does(stop, Install).WithExamples("simsearch kernel install", "simsearch kernel install --sys-prefix"),
        new Command("list", "List the kernels that Jupyter finds").Does(stop, List).WithExamples("simsearch kernel list"),
        new Command("remove", "Take the kernel out again") { User, SysPrefix, Prefix, Name }.Does(stop, Remove).WithExamples("simsearch kernel remove"),
        new Command("start", "Serve one client; Jupyter and VS Code call this") { Connection, NoHistory }.Does(stop, Start).WithExamples("simsearch kernel start connection.json"),
    }.WithExamples("simsearch kernel install");

    private static KernelSpecPlace Place(Invocation call)
    {
        if ((call.Get(User) ? 1 : 0) + (call.Get(SysPrefix) ? 1 : 0) + (call.Get(Prefix) is null ? 0 : 1) > 1) throw new UsageException("--user, --sys-prefix and --prefix exclude each other");
        return call.Get(Prefix) is { } prefix ? KernelSpecPlace.Prefix(prefix) : call.Get(SysPrefix) ? KernelSpecPlace.SysPrefix : KernelSpecPlace.User;
    }

    private static void Install(Invocation call)
    {
        string host = Environment.ProcessPath!, library = typeof(KernelCommand).Assembly.Location;
        string[] program = Path.GetFileNameWithoutExtension(host).Equals("dotnet", StringComparison.OrdinalIgnoreCase) ? [host, library] : [host];
        var place = Place(call);
        string[] options = call.Get(NoHistory) ? ["--no-history"] : [];
        var spec = KernelSpec.Install(place, call.Get(Name), "C# (SimSearch)", [.. program, "kernel", "start", "{connection_file}", .. options]);
        var searched = KernelSpecPlace.Searched;
        bool found = searched.Contains(place);
        var document = new JsonObject { ["name"] = spec.Name, ["folder"] = spec.Folder, ["found"] = found, ["searched"] = new JsonArray([.. searched.Select(p => (JsonNode)p.Folder)]) };
        call.Screen.Result(document, console =>
        {
            console.WriteLine($"kernel '{spec.Name}' -> {spec.Folder}");
            if (found) console.WriteLine($"In Jupyter choose \"{spec.DisplayName}\" for a notebook; in VS Code click Select Kernel, Jupyter Kernel, \"{spec.DisplayName}\".");
            else
            {
                console.WriteLine($"Jupyter does not look there by itself: set JUPYTER_PATH={Path.GetDirectoryName(place.Folder)} for it, or install without --prefix. It looks in");
                foreach (var other in searched) console.WriteLine($"  {other.Folder}");
            }
        });
    }

    private static void List(Invocation call)
    {
        var kernels = KernelSpec.List();
        var document = new JsonArray([.. kernels.Select(k => new JsonObject
        {
            ["name"] = k.Name, ["display_name"] = k.DisplayName, ["language"] = k.Language, ["folder"] = k.Folder, ["ours"] = k.InstalledByUs, ["problem"] = k.Problem,
        })]);
        call.Screen.Result(document, console =>
        {
            if (kernels.Count == 0) console.WriteLine("Jupyter finds no kernels here; simsearch kernel install adds this one");
            foreach (var kernel in kernels) console.WriteLine($"{kernel.Name}  {kernel.DisplayName}  {kernel.Folder}{(kernel.Problem is null ? "" : $"  ({kernel.Problem})")}");
        });
    }

    private static void Remove(Invocation call)
    {
        KernelSpec.Remove(Place(call), call.Get(Name));
        call.Screen.Result(new JsonObject { ["removed"] = call.Get(Name) }, console => console.WriteLine($"kernel '{call.Get(Name)}' is gone"));
    }

    private static void Start(Invocation call)
    {
        // On Windows the variable holds a handle and no process number.
        int? parent = !OperatingSystem.IsWindows() && int.TryParse(Environment.GetEnvironmentVariable("JPY_PARENT_PID"), out int id) ? id : null;
        var options = new JupyterKernelOptions
        {
            Version = Versions.Library, ParentProcessId = parent, Log = Console.Error.WriteLine, HistoryFolder = call.Get(NoHistory) ? null : CacheFolder.Of("history"),
        };
        // A Ctrl-C in the terminal of the Jupyter server reaches this process too; interrupts come by message instead.
        Console.CancelKeyPress += (_, e) => e.Cancel = true;
        var engine = NotebookEngine.Create();
        var kernel = JupyterKernel.Start(JupyterConnection.Read(call.Get(Connection)), engine, options);
        // While people look at the notebook that opens, the compiler gets ready, so that the first cell does not wait for it.
        _ = Task.Delay(TimeSpan.FromSeconds(0.5)).ContinueWith(_ => engine.WarmUp(), TaskScheduler.Default);
        kernel.WaitForShutdown();
        kernel.Dispose();
        // Threads that a cell started may run on for ever; the kernel is over all the same.
        Environment.Exit(0);
    }
}
