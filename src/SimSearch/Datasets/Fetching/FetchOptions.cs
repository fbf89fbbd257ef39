namespace SimSearch.Datasets;

/// <summary>How stubbornly and how much <see cref="DatasetFetcher"/> downloads.</summary>
public sealed record FetchOptions
{
    /// <summary>Most bytes of one file whose size the manifest does not give. Default 4 GiB.</summary>
    public long MaxFileBytes { get; init; } = 4L << 30;

    /// <summary>Tries without a byte of progress before giving up. Default 5.</summary>
    public int Attempts { get; init; } = 5;

    /// <summary>Pause after the first failure; it doubles with each further one, up to a minute. Default 1 s.</summary>
    public TimeSpan Pause { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>How long the server may keep silent. Default 60 s.</summary>
    public TimeSpan Silence { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>Keep the archives after they are unpacked. Default false.</summary>
    public bool KeepArchives { get; init; }

    /// <summary>
    /// Sends the requests; by default a client that follows no redirection by itself, so that each can be looked at. A client given here should not
    /// either; it is not disposed.
    /// </summary>
    public HttpClient? Client { get; init; }
}
