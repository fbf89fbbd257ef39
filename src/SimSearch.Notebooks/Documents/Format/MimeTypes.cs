namespace SimSearch.Notebooks;

/// <summary>What kinds of content the forms of an output have.</summary>
internal static class MimeTypes
{
    /// <summary>Whether the content is JSON rather than text, by nbformat's rule.</summary>
    public static bool IsJson(string mimeType) =>
        mimeType == "application/json" || (mimeType.StartsWith("application/", StringComparison.Ordinal) && mimeType.EndsWith("+json", StringComparison.Ordinal));
}
