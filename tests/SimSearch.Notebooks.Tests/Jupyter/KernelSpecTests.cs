using System.Runtime.InteropServices;
using System.Text.Json.Nodes;

namespace SimSearch.Notebooks.Tests;

public sealed class KernelSpecTests : IDisposable
{
    private static readonly string[] Command = ["simsearch", "kernel", "run", "{connection_file}"];
    private readonly string _root = Directory.CreateTempSubdirectory("kernelspec-").FullName;

    private KernelSpecPlace Place => KernelSpecPlace.Prefix(_root);

    private string Folder(string name) => Path.Combine(_root, "share", "jupyter", "kernels", name);

    public void Dispose() => Directory.Delete(_root, recursive: true);

    [Fact]
    public void What_is_installed_is_what_Jupyter_wants_and_leaves_nothing_beside_it()
    {
        KernelSpec spec = KernelSpec.Install(Place, "SimSearch", "C# (SimSearch)", Command);
        Assert.Equal(("simsearch", "C# (SimSearch)", "C#", true, null), (spec.Name, spec.DisplayName, spec.Language, spec.InstalledByUs, spec.Problem));
        string file = Assert.Single(Directory.GetFileSystemEntries(Folder("simsearch")));
        JsonNode json = JsonNode.Parse(File.ReadAllText(file))!;
        Assert.Equal("kernel.json", Path.GetFileName(file));
        Assert.Equal(("message", "C#"), ((string?)json["interrupt_mode"], (string?)json["language"]));
        Assert.Equal(Command, json["argv"]!.AsArray().Select(argument => (string?)argument));
    }

    [Fact]
    public void Installing_again_replaces_and_removing_removes()
    {
        KernelSpec.Install(Place, "simsearch", "old", Command);
        KernelSpec.Install(Place, "simsearch", "new", Command);
        Assert.Equal("new", Assert.Single(KernelSpec.List([Place.Folder])).DisplayName);
        KernelSpec.Remove(Place, "simsearch");
        Assert.False(Directory.Exists(Folder("simsearch")));
        Assert.Contains("no kernel 'simsearch'", Assert.Throws<JupyterException>(() => KernelSpec.Remove(Place, "simsearch")).Message);
    }

    [Theory]
    [InlineData("""{"argv":["dotnet","interactive","jupyter","{connection_file}"],"display_name":".NET (C#)","language":"C#"}""")]
    [InlineData("""{"argv":["x"],"metadata":{"installed_by":"somebody"}}""")]
    [InlineData("not JSON")]
    [InlineData("[]")]
    [InlineData(null)]
    public void Kernels_of_others_are_neither_overwritten_nor_removed(string? content)
    {
        string file = Path.Combine(Folder(".net-csharp"), content is null ? "logo-64x64.png" : "kernel.json");
        Directory.CreateDirectory(Folder(".net-csharp"));
        File.WriteAllText(file, content ?? "picture");
        Assert.Contains("something else installed", Assert.Throws<JupyterException>(() => KernelSpec.Install(Place, ".net-csharp", "ours", Command)).Message);
        Assert.Throws<JupyterException>(() => KernelSpec.Remove(Place, ".net-csharp"));
        Assert.Equal(content ?? "picture", File.ReadAllText(file));
        Assert.Single(Directory.GetFileSystemEntries(Folder(".net-csharp")));
    }

    [Fact]
    public void Net_csharp_is_installed_where_nobody_has_it() => Assert.True(KernelSpec.Install(Place, ".net-csharp", "C#", Command).InstalledByUs);

    [Fact]
    public void Removing_leaves_files_of_others()
    {
        KernelSpec.Install(Place, "simsearch", "x", Command);
        File.WriteAllText(Path.Combine(Folder("simsearch"), "logo-64x64.png"), "picture");
        KernelSpec.Remove(Place, "simsearch");
        Assert.Equal("logo-64x64.png", Path.GetFileName(Assert.Single(Directory.GetFileSystemEntries(Folder("simsearch")))));
    }

    [Theory]
    [InlineData("")]
    [InlineData("..")]
    [InlineData("a/b")]
    [InlineData("../x")]
    [InlineData("a b")]
    [InlineData("é")]
    public void A_name_that_is_no_name_is_refused(string name)
    {
        Assert.Contains("letters, digits", Assert.Throws<JupyterException>(() => KernelSpec.Install(Place, name, "x", Command)).Message);
        Assert.Throws<JupyterException>(() => KernelSpec.Remove(Place, name));
        Assert.Empty(Directory.GetFileSystemEntries(_root));
    }

    [Fact]
    public void A_command_without_a_connection_file_is_refused() =>
        Assert.Throws<ArgumentException>(() => KernelSpec.Install(Place, "simsearch", "x", ["simsearch"]));

    [Fact]
    public void A_place_that_cannot_be_written_is_named()
    {
        File.WriteAllText(Path.Combine(_root, "share"), "a file where a folder should be");
        Assert.Contains("cannot be written", Assert.Throws<JupyterException>(() => KernelSpec.Install(Place, "simsearch", "x", Command)).Message);
    }

    [Fact]
    public void The_list_shows_the_first_of_a_name_and_names_what_is_broken()
    {
        KernelSpecPlace second = KernelSpecPlace.Prefix(Path.Combine(_root, "second"));
        KernelSpec.Install(Place, "b", "first", Command);
        KernelSpec.Install(second, "b", "second", Command);
        KernelSpec.Install(second, "a", "only", Command);
        foreach ((string name, string content) in new[] { ("c", "{"), ("d", """{"argv":["x",5]}"""), ("e", "\ufeff" + """{"argv":["x"],"display_name":"marked"}""") })
        {
            Directory.CreateDirectory(Folder(name));
            File.WriteAllText(Path.Combine(Folder(name), "kernel.json"), content);
        }
        Directory.CreateDirectory(Folder("no kernel"));
        IReadOnlyList<KernelSpec> specs = KernelSpec.List([Path.Combine(_root, "absent"), Place.Folder, second.Folder]);
        Assert.Equal([("a", "only"), ("b", "first"), ("c", ""), ("d", ""), ("e", "marked")], specs.Select(spec => (spec.Name, spec.DisplayName)));
        Assert.Equal([false, false, true, true, false], specs.Select(spec => spec.Problem is not null));
        Assert.Contains(Folder("c"), specs[2].Problem);
    }

    public static TheoryData<string, string, string, string> Users => new()
    {
        { "LINUX", "", "/home/u/.local/share/jupyter", "/home/u/.local/share/jupyter/kernels|/usr/local/share/jupyter/kernels|/usr/share/jupyter/kernels" },
        { "LINUX", "XDG_DATA_HOME=/x", "/x/jupyter", "/x/jupyter/kernels|/usr/local/share/jupyter/kernels|/usr/share/jupyter/kernels" },
        { "LINUX", "JUPYTER_DATA_DIR=/j;VIRTUAL_ENV=/v;CONDA_PREFIX=/c", "/j", "/j/kernels|/v/share/jupyter/kernels|/usr/local/share/jupyter/kernels|/usr/share/jupyter/kernels" },
        { "LINUX", "JUPYTER_PATH=/p:/q;CONDA_PREFIX=/c", "/home/u/.local/share/jupyter", "/p/kernels|/q/kernels|/home/u/.local/share/jupyter/kernels|/c/share/jupyter/kernels|/usr/local/share/jupyter/kernels|/usr/share/jupyter/kernels" },
        { "OSX", "XDG_DATA_HOME=/x", "/home/u/Library/Jupyter", "/home/u/Library/Jupyter/kernels|/usr/local/share/jupyter/kernels|/usr/share/jupyter/kernels" },
        { "WINDOWS", "APPDATA=/a;PROGRAMDATA=/d", "/a/jupyter", "/a/jupyter/kernels|/d/jupyter/kernels" },
        { "WINDOWS", "PROGRAMDATA=/d", "/home/u/AppData/Roaming/jupyter", "/home/u/AppData/Roaming/jupyter/kernels|/d/jupyter/kernels" },
    };

    [Theory]
    [MemberData(nameof(Users))]
    public void Folders_are_where_Jupyter_has_them_on_each_platform(string platform, string environment, string user, string kernels)
    {
        Dictionary<string, string> variables = environment.Split(';', StringSplitOptions.RemoveEmptyEntries).Select(pair => pair.Split('=')).ToDictionary(pair => pair[0], pair => pair[1]);
        var folders = new JupyterFolders(OSPlatform.Create(platform), name => variables.GetValueOrDefault(name, ""), "/home/u");
        Assert.Equal(user, Slashes(folders.User));
        Assert.Equal(kernels, string.Join("|", folders.Kernels.Select(Slashes)));
        static string Slashes(string path) => path.Replace('\\', '/');
    }
}
