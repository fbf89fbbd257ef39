using System.Runtime.InteropServices;

namespace SimSearch.Notebooks;

/// <summary>Where Jupyter looks for kernels on each platform, as jupyter_core's paths.py has it.</summary>
/// <param name="Platform">The operating system.</param>
/// <param name="Variable">Reads an environment variable; null or empty when it is not set.</param>
/// <param name="Home">The user's home folder.</param>
internal sealed record JupyterFolders(OSPlatform Platform, Func<string, string?> Variable, string Home)
{
    /// <summary>Those of this process.</summary>
    public static JupyterFolders Current { get; } = new(
        OperatingSystem.IsWindows() ? OSPlatform.Windows : OperatingSystem.IsMacOS() ? OSPlatform.OSX : OSPlatform.Linux,
        Environment.GetEnvironmentVariable,
        Environment.GetFolderPath(Environment.SpecialFolder.UserProfile, Environment.SpecialFolderOption.DoNotVerify));

    private bool Windows => Platform == OSPlatform.Windows;

    /// <summary>The user's own data folder.</summary>
    public string User
    {
        get
        {
            if (Set("JUPYTER_DATA_DIR") is { } chosen) return chosen;
            if (Windows) return Path.Combine(Set("APPDATA") ?? Path.Combine(Home, "AppData", "Roaming"), "jupyter");
            if (Platform == OSPlatform.OSX) return Path.Combine(Home, "Library", "Jupyter");
            return Path.Combine(Set("XDG_DATA_HOME") ?? Path.Combine(Home, ".local", "share"), "jupyter");
        }
    }

    /// <summary>The data folder of the active virtual or conda environment (what Python calls sys.prefix), or null when none is active.</summary>
    public string? ActiveEnvironment => (Set("VIRTUAL_ENV") ?? Set("CONDA_PREFIX")) is { } prefix ? UnderPrefix(prefix) : null;

    /// <summary>The data folder under an installation prefix, on every platform.</summary>
    public static string UnderPrefix(string prefix) => Path.Combine(prefix, "share", "jupyter");

    /// <summary>Every folder that is searched for kernels, the first to be searched first.</summary>
    public IReadOnlyList<string> Kernels
    {
        get
        {
            var data = new List<string>();
            if (Set("JUPYTER_PATH") is { } path) data.AddRange(path.Split(Windows ? ';' : ':', StringSplitOptions.RemoveEmptyEntries));
            data.Add(User);
            if (ActiveEnvironment is { } environment) data.Add(environment);
            if (Windows) data.Add(Path.Combine(Set("PROGRAMDATA") ?? @"C:\ProgramData", "jupyter"));
            else data.AddRange(["/usr/local/share/jupyter", "/usr/share/jupyter"]);
            return [.. data.Select(folder => Path.Combine(folder, "kernels")).Distinct()];
        }
    }

    private string? Set(string name) => Variable(name) is { Length: > 0 } value ? value : null;
}
