using System.Globalization;

namespace SimSearch.Onnx;

/// <summary>How much memory this process may still take: what predictions are compared with before anything is allocated.</summary>
public static class AvailableMemory
{
    /// <summary>
    /// Bytes, now: on Linux the least of what the machine has left without swapping and of what the process's control groups (containers) leave it, memory that only caches files counted as
    /// free; elsewhere the limit that .NET knows of less what was in use at its last collection. At least 0.
    /// </summary>
    public static long Bytes
    {
        get
        {
            if (OperatingSystem.IsLinux() && Of("/proc", "/sys/fs/cgroup") is { } known) return known;
            var memory = GC.GetGCMemoryInfo(GCKind.Any);
            return Math.Max(0, memory.TotalAvailableMemoryBytes - memory.MemoryLoadBytes);
        }
    }

    /// <summary>The same from files below the two folders; null where they do not say.</summary>
    internal static long? Of(string proc, string groups)
    {
        long? left = null;
        void Least(long? bytes)
        {
            if (bytes is { } some && !(left <= some)) left = Math.Max(0, some);
        }
        Least(Value(Path.Combine(proc, "meminfo"), "MemAvailable:") * 1024);
        foreach (string line in Lines(Path.Combine(proc, "self", "cgroup")))
        {
            // "0::/path" in version 2, "4:memory:/path" in version 1.
            if (line.Split(':', 3) is not [_, var controllers, var path]) continue;
            bool old = controllers.Split(',').Contains("memory");
            if (!old && controllers.Length > 0) continue;
            string root = old ? Path.Combine(groups, "memory") : groups;
            // Within a container the path may be that of the host, and absent; every group above limits too.
            for (string at = path.TrimEnd('/'); ; at = at[..at.LastIndexOf('/')])
            {
                string folder = root + at;
                long? limit = Number(Path.Combine(folder, old ? "memory.limit_in_bytes" : "memory.max")), used = Number(Path.Combine(folder, old ? "memory.usage_in_bytes" : "memory.current"));
                Least(limit - used + (Value(Path.Combine(folder, "memory.stat"), old ? "total_inactive_file" : "inactive_file") ?? 0));
                if (!at.Contains('/')) break;
            }
        }
        return left;
    }

    private static long? Value(string file, string name) =>
        Lines(file).Select(line => line.Split(' ', StringSplitOptions.RemoveEmptyEntries)).FirstOrDefault(words => words.Length > 1 && words[0] == name) is { } words ? Parse(words[1]) : null;

    private static long? Number(string file) => Lines(file).FirstOrDefault() is { } line ? Parse(line) : null;

    // "max" is no limit; so are the numbers near 2^63 that version 1 has in its place.
    private static long? Parse(string text) => long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out long value) && value < 1L << 60 ? value : null;

    private static string[] Lines(string file)
    {
        try { return File.ReadAllLines(file); }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException) { return []; }
    }
}
