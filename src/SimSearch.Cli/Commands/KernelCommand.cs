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
    private const string OwnName = "simsearch", DotNetName = ".net-csharp";
    private static readonly Option<string> Name = new("--name") { Description = "The kernel's name", HelpName = "NAME", DefaultValueFactory = _ => OwnName };

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
        string[] command = [.. program, "kernel", "start", "{connection_file}", .. options];
        var spec = KernelSpec.Install(place, call.Get(Name), "C# (SimSearch)", command);
        var searched = KernelSpecPlace.Searched;
        // C# notebooks ask for .NET Interactive's kernel by name, the guided ones too, so that it can run them. Where nobody has it, ours answers to that name.
        bool alias = spec.Name == OwnName && KernelSpec.List([place.Folder, .. searched.Select(p => p.Folder)]).All(k => k.Name != DotNetName || (k.InstalledByUs && k.Folder.StartsWith(place.Folder, StringComparison.Ordinal)));
        if (alias) KernelSpec.Install(place, DotNetName, "C# (SimSearch as .net-csharp)", command);
        bool found = searched.Contains(place);
        var document = new JsonObject { ["name"] = spec.Name, ["folder"] = spec.Folder, ["alias"] = alias ? DotNetName : null, ["found"] = found, ["searched"] = new JsonArray([.. searched.Select(p => (JsonNode)p.Folder)]) };
        call.Screen.Result(document, console =>
        {
            console.WriteLine($"kernel '{spec.Name}' -> {spec.Folder}");
            if (alias) console.WriteLine($"It also answers to '{DotNetName}', the name by which C# notebooks ask for a kernel.");
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
        var place = Place(call);
        KernelSpec.Remove(place, call.Get(Name));
        if (call.Get(Name) == OwnName && KernelSpec.List([place.Folder]).Any(k => k.Name == DotNetName && k.InstalledByUs)) KernelSpec.Remove(place, DotNetName);
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
