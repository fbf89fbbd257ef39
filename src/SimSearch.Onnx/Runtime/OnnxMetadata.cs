using System.Runtime.InteropServices;

namespace SimSearch.Onnx;

/// <summary>What a model says of itself. Any text may be empty.</summary>
/// <param name="Producer">The program that wrote it.</param>
/// <param name="GraphName">Its graph's name.</param>
/// <param name="Domain">Its domain, in reversed host-name form.</param>
/// <param name="Description">In words.</param>
/// <param name="Version">Its version number.</param>
/// <param name="Custom">Keys and values its author added.</param>
public sealed record OnnxMetadata(string Producer, string GraphName, string Domain, string Description, long Version, IReadOnlyDictionary<string, string> Custom);

public sealed unsafe partial class OnnxSession
{
    /// <summary>Writes the times of all runs so far, node by node, and stops timing.</summary>
    /// <returns>The JSON file, in the format of Chrome's trace viewer.</returns>
    /// <exception cref="InvalidOperationException">The session was made without <see cref="OnnxSessionOptions.ProfilePrefix"/>.</exception>
    public string EndProfiling()
    {
        if (options.ProfilePrefix is null) throw new InvalidOperationException("the session was made without a ProfilePrefix, so nothing was timed");
        ObjectDisposedException.ThrowIf(handle.IsClosed, this);
        nint path;
        OrtApi.Check(((delegate* unmanaged<nint, nint, nint*, nint>)OrtApi.Function(OrtApi.EndProfiling))(handle.Value, OnnxRuntime.Loaded.Allocator, &path), "ending the profile");
        GC.KeepAlive(this);
        return OrtApi.Take(path);
    }

    private OnnxMetadata ReadMetadata()
    {
        nint created, allocator = OnnxRuntime.Loaded.Allocator;
        OrtApi.Check(((delegate* unmanaged<nint, nint*, nint>)OrtApi.Function(OrtApi.GetModelMetadata))(handle.Value, &created), "reading the metadata");
        nint metadata = created;
        try
        {
            long version, count;
            nint* keys;
            OrtApi.Check(((delegate* unmanaged<nint, long*, nint>)OrtApi.Function(OrtApi.MetadataVersion))(metadata, &version), "reading the metadata");
            OrtApi.Check(((delegate* unmanaged<nint, nint, nint**, long*, nint>)OrtApi.Function(OrtApi.MetadataKeys))(metadata, allocator, &keys, &count), "reading the metadata");
            var custom = new Dictionary<string, string>();
            for (long i = 0; i < count; i++)
            {
                nint value;
                OrtApi.Check(((delegate* unmanaged<nint, nint, nint, nint*, nint>)OrtApi.Function(OrtApi.MetadataLookup))(metadata, allocator, keys[i], &value), "reading the metadata");
                custom[OrtApi.Take(keys[i])] = OrtApi.Take(value);
            }
            if (count > 0) OrtApi.Check(((delegate* unmanaged<nint, nint*, nint>)OrtApi.Function(OrtApi.AllocatorFree))(allocator, keys), "reading the metadata");
            return new OnnxMetadata(Text(OrtApi.MetadataProducer), Text(OrtApi.MetadataGraphName), Text(OrtApi.MetadataDomain), Text(OrtApi.MetadataDescription), version, custom);
        }
        finally
        {
            OrtApi.Release(OrtApi.ReleaseModelMetadata, metadata);
        }

        string Text(int slot)
        {
            nint text;
            OrtApi.Check(((delegate* unmanaged<nint, nint, nint*, nint>)OrtApi.Function(slot))(metadata, allocator, &text), "reading the metadata");
            return OrtApi.Take(text);
        }
    }
}
