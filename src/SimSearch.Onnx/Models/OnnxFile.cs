namespace SimSearch.Onnx;

/// <summary>Reads model files.</summary>
internal static class OnnxFile
{
    /// <summary>All of a file.</summary>
    /// <exception cref="OnnxModelException">It is absent, unreadable, or larger than <paramref name="limit"/>.</exception>
    internal static byte[] Read(string path, long limit)
    {
        try
        {
            using var file = File.OpenRead(path);
            if (file.Length > Math.Min(limit, Array.MaxLength)) throw new OnnxModelException($"{path} has {file.Length} bytes; a model may have at most {Math.Min(limit, Array.MaxLength)}");
            var bytes = new byte[file.Length];
            file.ReadExactly(bytes);
            return bytes;
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new OnnxModelException($"{path} cannot be read: {error.Message}", error);
        }
    }
}
