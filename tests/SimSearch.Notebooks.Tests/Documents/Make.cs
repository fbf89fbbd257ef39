using System.Text;
using System.Text.Json.Nodes;
using SimSearch.Notebooks;

namespace SimSearch.Notebooks.Tests;

/// <summary>Small notebooks for tests.</summary>
internal static class Make
{
    public static Notebook Notebook(params string[] codes) => new() { Cells = [.. codes.Select((c, i) => Code($"c{i + 1}", c))] };

    public static NotebookCell Code(string id, string source, params string[] tags)
    {
        var cell = new NotebookCell(NotebookCellKind.Code, id, source);
        if (tags.Length > 0) cell.Metadata["tags"] = new JsonArray([.. tags.Select(t => JsonValue.Create(t))]);
        return cell;
    }

    public static NotebookCell Markdown(string source, string id = "text") => new(NotebookCellKind.Markdown, id, source);

    public static Notebook Parse(string json) => SimSearch.Notebooks.Notebook.Parse(Encoding.UTF8.GetBytes(json));

    public static DisplayOutput Html(string html) => new(new Dictionary<string, JsonNode?> { ["text/html"] = html, ["text/plain"] = "plain" }, false);

    public static string Folder()
    {
        string folder = Path.Combine(Path.GetTempPath(), $"simsearch-documents-{Guid.NewGuid():N}");
        Directory.CreateDirectory(folder);
        return folder;
    }
}
