namespace SimSearch.Notebooks;

/// <summary>Completion in the lines that are not C#: magics, and the names inside <c>#r</c> and <c>#load</c>.</summary>
internal static class DirectiveCompletion
{
    private const int MostItems = 200;

    /// <summary>What could stand at the cursor, or null when its line is no directive.</summary>
    public static Completions? Complete(string code, int cursor)
    {
        int line = cursor == 0 ? 0 : code.LastIndexOf('\n', cursor - 1) + 1;
        string before = code[line..cursor].TrimStart();
        if (before.StartsWith("#!", StringComparison.Ordinal) && !before.Contains(' '))
            return new Completions(cursor - before.Length, cursor, 
                [.. CellSource.Magics.Keys.Select(m => "#!" + m).Where(m => m.StartsWith(before, StringComparison.Ordinal)).Select(m => new CompletionItem(m, "magic"))]);
        string? directive = before.StartsWith("#r ", StringComparison.Ordinal) ? "#r" : before.StartsWith("#load ", StringComparison.Ordinal) ? "#load" : null;
        int quote = before.IndexOf('"');
        if (directive is null || quote < 0 || before.IndexOf('"', quote + 1) >= 0) return null;
        string typed = before[(quote + 1)..];
        try
        {
            return typed.StartsWith("nuget:", StringComparison.Ordinal) ? Packages(typed["nuget:".Length..].TrimStart(), cursor)
                : Files(typed, cursor, directive == "#r" ? ".dll" : ".csx");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException) { return new Completions(cursor, cursor, []); }
    }

    private static Completions Files(string typed, int cursor, string extension)
    {
        int slash = typed.LastIndexOfAny(['/', '\\']) + 1;
        string folder = Path.GetFullPath(typed[..slash].Length == 0 ? "." : typed[..slash]), prefix = typed[slash..];
        var found = Directory.Exists(folder)
            ? new DirectoryInfo(folder).EnumerateFileSystemInfos()
                .Where(f => f.Name.StartsWith(prefix, StringComparison.OrdinalIgnoreCase) && (f is DirectoryInfo || f.Extension.Equals(extension, StringComparison.OrdinalIgnoreCase)))
                .Take(MostItems).Select(f => f is DirectoryInfo ? new CompletionItem(f.Name + "/", "folder") : new CompletionItem(f.Name, "file"))
            : [];
        return new Completions(cursor - prefix.Length, cursor, [.. found.OrderBy(i => i.Text, StringComparer.Ordinal)]);
    }

    // The packages this machine has already; what else there is, only a server knows.
    private static Completions Packages(string typed, int cursor)
    {
        string folder = Environment.GetEnvironmentVariable("NUGET_PACKAGES") is { Length: > 0 } set ? set
            : Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".nuget", "packages");
        int comma = typed.IndexOf(',');
        string prefix = comma < 0 ? typed : typed[(comma + 1)..].TrimStart();
        // The name comes from the cell: it must not lead out of the folder.
        if (comma >= 0) folder = Path.Combine(folder, Path.GetFileName(typed[..comma].Trim().ToLowerInvariant()));
        var found = Directory.Exists(folder) ? new DirectoryInfo(folder).EnumerateDirectories().Select(d => d.Name)
            .Where(n => n[0] != '.' && n.StartsWith(prefix, StringComparison.OrdinalIgnoreCase)) : [];
        return new Completions(cursor - prefix.Length, cursor, [.. found.Order(StringComparer.Ordinal).Take(MostItems).Select(n => new CompletionItem(n, comma < 0 ? "package" : "version"))]);
    }
}
