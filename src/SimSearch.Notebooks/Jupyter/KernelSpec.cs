using System.Text.Json;
using System.Text.Json.Nodes;

namespace SimSearch.Notebooks;

/// <summary>A folder in which Jupyter finds kernels.</summary>
/// <param name="Folder">The folder that holds one folder per kernel.</param>
public sealed record KernelSpecPlace(string Folder)
{
    /// <summary>The folders in which Jupyter and VS Code look for kernels on this machine, the first to be searched first.</summary>
    public static IReadOnlyList<KernelSpecPlace> Searched => [.. JupyterFolders.Current.Kernels.Select(folder => new KernelSpecPlace(folder))];

    /// <summary>For the current user: %APPDATA%\jupyter\kernels, ~/Library/Jupyter/kernels or ~/.local/share/jupyter/kernels, or below JUPYTER_DATA_DIR.</summary>
    public static KernelSpecPlace User => new(Path.Combine(JupyterFolders.Current.User, "kernels"));

    /// <summary>For the virtual or conda environment that is active in this shell (jupyter's --sys-prefix).</summary>
    /// <exception cref="JupyterException">Neither VIRTUAL_ENV nor CONDA_PREFIX is set.</exception>
    public static KernelSpecPlace SysPrefix => new(Path.Combine(
        JupyterFolders.Current.ActiveEnvironment
            ?? throw new JupyterException("no environment is active (neither VIRTUAL_ENV nor CONDA_PREFIX is set); activate the one Jupyter runs in, or use --user or --prefix DIR"),
        "kernels"));

    /// <summary>Below an installation prefix such as /usr/local: prefix/share/jupyter/kernels.</summary>
    public static KernelSpecPlace Prefix(string prefix) => new(Path.Combine(JupyterFolders.UnderPrefix(Path.GetFullPath(prefix)), "kernels"));
}

/// <summary>A kernel as Jupyter finds it: a folder with a kernel.json.</summary>
/// <param name="Name">The folder's name, by which notebooks ask for the kernel.</param>
/// <param name="Folder">The folder.</param>
/// <param name="DisplayName">What menus show.</param>
/// <param name="Language">The language, such as C#.</param>
/// <param name="Command">The command line; {connection_file} stands for the connection file.</param>
/// <param name="InstalledByUs">Whether <see cref="Install"/> wrote it, so that it may be replaced and removed.</param>
/// <param name="Problem">Why Jupyter cannot use it, or null.</param>
public sealed record KernelSpec(string Name, string Folder, string DisplayName, string Language, IReadOnlyList<string> Command, bool InstalledByUs, string? Problem)
{
    private const string FileName = "kernel.json", Token = "{connection_file}", Mark = "installed_by", Us = "SimSearch.Notebooks";
    private const int FileLimit = 1 << 20;

    /// <summary>Installs a C# kernel that is interrupted by message. An older one of ours is replaced, by rename.</summary>
    /// <param name="place">Where.</param>
    /// <param name="name">The kernel's name, such as simsearch: letters, digits, '.', '_', '-'; written in lower case, as Jupyter does.</param>
    /// <param name="displayName">What menus show.</param>
    /// <param name="command">The command line; one argument must contain {connection_file}.</param>
    /// <returns>What was installed.</returns>
    /// <exception cref="ArgumentException">The command is empty or nowhere contains {connection_file}.</exception>
    /// <exception cref="JupyterException">The name is no kernel name, a kernel of that name from elsewhere is there, or the folder cannot be written.</exception>
    public static KernelSpec Install(KernelSpecPlace place, string name, string displayName, IReadOnlyList<string> command)
    {
        if (!command.Any(argument => argument.Contains(Token))) throw new ArgumentException($"command='{string.Join(' ', command)}' must contain {Token}", nameof(command));
        string folder = Path.Combine(place.Folder, Valid(name));
        string file = Path.Combine(folder, FileName);
        // Whatever is there and is not certainly ours stays: .NET Interactive's .net-csharp, a broken file, somebody's folder.
        if (Directory.Exists(folder) && Directory.EnumerateFileSystemEntries(folder).Any() && !Load(folder).InstalledByUs)
            throw new JupyterException($"{folder} holds a kernel that something else installed, and stays as it is; choose another --name, or remove it with: jupyter kernelspec remove {Valid(name)}");
        var argv = new JsonArray();
        foreach (string argument in command) argv.Add(argument);
        var content = new JsonObject
        {
            ["argv"] = argv,
            ["display_name"] = displayName,
            ["language"] = "C#",
            ["interrupt_mode"] = "message",
            ["metadata"] = new JsonObject { [Mark] = Us },
        };
        try
        {
            Directory.CreateDirectory(folder);
            JupyterJson.WriteFile(file, content);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new JupyterException($"{file} cannot be written ({error.Message}); choose a place that is yours (--user, --prefix DIR)", error);
        }
        return Load(folder);
    }

    /// <summary>Every kernel that Jupyter finds, by name; of two with one name the one that it takes.</summary>
    public static IReadOnlyList<KernelSpec> List() => List(JupyterFolders.Current.Kernels);

    /// <summary>The kernels in some folders, the first folder first; see <see cref="List()"/>.</summary>
    public static IReadOnlyList<KernelSpec> List(IEnumerable<string> folders)
    {
        var found = new SortedDictionary<string, KernelSpec>(StringComparer.OrdinalIgnoreCase);
        foreach (string place in folders)
        {
            string[] inside;
            try
            {
                inside = Directory.Exists(place) ? Directory.GetDirectories(place) : [];
            }
            catch (Exception error) when (error is IOException or UnauthorizedAccessException)
            {
                continue; // not ours to read, so not Jupyter's either
            }
            foreach (string folder in inside)
                if (File.Exists(Path.Combine(folder, FileName))) found.TryAdd(Path.GetFileName(folder), Load(folder));
        }
        return [.. found.Values];
    }

    /// <summary>Removes a kernel that <see cref="Install"/> wrote. Other files in its folder stay.</summary>
    /// <exception cref="JupyterException">There is no kernel of that name, something else installed it, or it cannot be deleted.</exception>
    public static void Remove(KernelSpecPlace place, string name)
    {
        string folder = Path.Combine(place.Folder, Valid(name));
        string file = Path.Combine(folder, FileName);
        if (!File.Exists(file)) throw new JupyterException($"there is no kernel '{name}' in {place.Folder}; `kernel list` shows what there is and where");
        if (!Load(folder).InstalledByUs) throw new JupyterException($"{folder} was installed by something else and stays; remove it with: jupyter kernelspec remove {Valid(name)}");
        try
        {
            File.Delete(file);
            if (!Directory.EnumerateFileSystemEntries(folder).Any()) Directory.Delete(folder);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new JupyterException($"{file} cannot be deleted ({error.Message}); check whose it is", error);
        }
    }

    private static string Valid(string name)
    {
        bool valid = name.Length > 0 && name.Any(char.IsAsciiLetterOrDigit) && name.All(letter => char.IsAsciiLetterOrDigit(letter) || letter is '.' or '_' or '-');
        return valid ? name.ToLowerInvariant() : throw new JupyterException($"kernel name='{name}' may hold letters, digits, '.', '_' and '-' only; use for example simsearch");
    }

    private static KernelSpec Load(string folder)
    {
        string file = Path.Combine(folder, FileName);
        KernelSpec Broken(string why) => new(Path.GetFileName(folder), folder, "", "", [], false, $"{file} {why}");
        try
        {
            if (!File.Exists(file)) return Broken("is missing");
            if (new FileInfo(file).Length > FileLimit) return Broken($"is longer than {FileLimit} bytes");
            ReadOnlySpan<byte> content = File.ReadAllBytes(file), mark = [0xEF, 0xBB, 0xBF];
            JsonElement root = JupyterJson.Object(content.StartsWith(mark) ? content[mark.Length..] : content);
            JsonElement argv = root.Member("argv");
            string?[] command = argv.ValueKind == JsonValueKind.Array ? [.. argv.EnumerateArray().Select(JupyterJson.Text)] : [];
            if (command.Length == 0 || command.Contains(null)) return Broken("has no argv, a list of texts");
            return new KernelSpec(
                Path.GetFileName(folder), folder,
                root.Member("display_name").Text() ?? "", root.Member("language").Text() ?? "", command!,
                root.Member("metadata").Member(Mark).Text() == Us, null);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException or JsonException)
        {
            return Broken($"cannot be read ({error.Message})");
        }
    }
}
