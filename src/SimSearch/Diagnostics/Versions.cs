using System.Reflection;
using System.Text.Json;

namespace SimSearch.Diagnostics;

/// <summary>Version numbers for reports and for <see cref="Doctor"/>.</summary>
public static class Versions
{
    /// <summary>The version of this library, without build metadata: "0.1.0".</summary>
    public static string Library { get; } =
        typeof(Versions).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion.Split('+')[0] ?? "unknown";

    /// <summary>The version in an npm package's package.json; "unknown version" when it cannot be read.</summary>
    internal static string OfNpmPackage(string packageJson)
    {
        try
        {
            using var document = JsonDocument.Parse(File.ReadAllText(packageJson));
            return document.RootElement.GetProperty("version").GetString() ?? "unknown version";
        }
        catch (Exception e) when (e is JsonException or IOException or KeyNotFoundException or InvalidOperationException)
        {
            return "unknown version";
        }
    }
}
