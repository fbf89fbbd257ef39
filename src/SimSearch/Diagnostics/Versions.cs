using System.Reflection;

namespace SimSearch.Diagnostics;

/// <summary>Version numbers for reports and for <see cref="Doctor"/>.</summary>
public static class Versions
{
    /// <summary>The version of this library, without build metadata: "0.1.0".</summary>
    public static string Library { get; } =
        typeof(Versions).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion.Split('+')[0] ?? "unknown";
}
