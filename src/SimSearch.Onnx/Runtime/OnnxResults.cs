using System.Collections;
using System.Diagnostics.CodeAnalysis;

namespace SimSearch.Onnx;

/// <summary>The outputs of one run by name. Their memory is ONNX Runtime's and goes when this is disposed: copy what shall last.</summary>
public sealed class OnnxResults : IReadOnlyDictionary<string, OnnxTensor>, IDisposable
{
    private readonly Dictionary<string, OnnxTensor> tensors = [];

    private OnnxResults() { }

    /// <summary>The output with a name.</summary>
    /// <exception cref="OnnxTensorException">It was not asked for.</exception>
    public OnnxTensor this[string key] => tensors.TryGetValue(key, out var tensor) ? tensor
        : throw new OnnxTensorException($"there is no output '{key}' in the results; there is {string.Join(", ", tensors.Keys)}");

    /// <inheritdoc/>
    public IEnumerable<string> Keys => tensors.Keys;

    /// <inheritdoc/>
    public IEnumerable<OnnxTensor> Values => tensors.Values;

    /// <inheritdoc/>
    public int Count => tensors.Count;

    /// <inheritdoc/>
    public bool ContainsKey(string key) => tensors.ContainsKey(key);

    /// <inheritdoc/>
    public bool TryGetValue(string key, [MaybeNullWhen(false)] out OnnxTensor value) => tensors.TryGetValue(key, out value);

    /// <inheritdoc/>
    public IEnumerator<KeyValuePair<string, OnnxTensor>> GetEnumerator() => tensors.GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var tensor in tensors.Values) tensor.Dispose();
    }

    internal static OnnxResults Take(string[] names, nint[] values)
    {
        var results = new OnnxResults();
        int taken = 0;
        try
        {
            for (; taken < names.Length; taken++) results.tensors.Add(names[taken], OnnxTensor.Take(values[taken], names[taken]));
            return results;
        }
        catch
        {
            // The one that failed has been released; those after it have no owner yet.
            for (int i = taken + 1; i < values.Length; i++) OrtApi.Release(OrtApi.ReleaseValue, values[i]);
            results.Dispose();
            throw;
        }
    }
}
