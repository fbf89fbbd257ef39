using System.Net;
using System.Security.Cryptography;
using System.Text;
using SimSearch.Storage;

namespace SimSearch.Datasets;

/// <summary>Downloads and unpacks the data sets that manifests describe.</summary>
public static class DatasetFetcher
{
    private const string MarkName = ".simsearch-dataset";

    private static readonly Lazy<HttpClient> DefaultClient = new(() => new HttpClient(new SocketsHttpHandler
    {
        AllowAutoRedirect = false,
        AutomaticDecompression = DecompressionMethods.None,
        ConnectTimeout = TimeSpan.FromSeconds(30),
        PooledConnectionLifetime = TimeSpan.FromMinutes(5),
    })
    { Timeout = Timeout.InfiniteTimeSpan });

    /// <summary>Fetches a data set; see <see cref="FetchAsync"/>, for which this waits.</summary>
    public static string Fetch(DatasetManifest manifest, string? targetFolder = null, FetchOptions? options = null, IProgress<Progress>? progress = null, CancellationToken cancellation = default) =>
        Task.Run(() => FetchAsync(manifest, targetFolder, options, progress, cancellation), CancellationToken.None).GetAwaiter().GetResult();

    /// <summary>Whether a data set has been fetched to a folder and is whole.</summary>
    /// <param name="manifest">The data set.</param>
    /// <param name="targetFolder">The folder; by default the manifest's folder in the <see cref="DatasetCache"/>.</param>
    public static bool IsFetched(DatasetManifest manifest, string? targetFolder = null) =>
        Path.Combine(targetFolder ?? DatasetCache.FolderOf(manifest), MarkName) is var mark && File.Exists(mark) && File.ReadAllText(mark) == MarkOf(manifest);

    /// <summary>
    /// Downloads the files of a data set, checks and unpacks them. What is there already is not fetched again; what broke off is continued.
    /// </summary>
    /// <param name="manifest">What to fetch.</param>
    /// <param name="targetFolder">
    /// Where the data set goes, by default the manifest's folder in the <see cref="DatasetCache"/>. It appears by rename when all is unpacked. Beside
    /// it, in TARGET.download, the files arrive; one that is put there by hand is used instead of a download.
    /// </param>
    /// <param name="options">Patience, size cap, HTTP client.</param>
    /// <param name="progress">Bytes downloaded ("downloading") and unpacked ("unpacking").</param>
    /// <param name="cancellation">Stops; the next call continues.</param>
    /// <returns>The absolute target folder; <see cref="DatasetManifest.Open"/> reads it.</returns>
    /// <exception cref="SimSearchException">
    /// The server cannot be reached or refuses (the message says which file to put where by hand); a redirection leaves https; a file is too long, or
    /// has another size or hash than the manifest says; an archive is hostile, damaged or too large; the target holds something else; another
    /// process is fetching the same; the disk is full.
    /// </exception>
    public static async Task<string> FetchAsync(DatasetManifest manifest, string? targetFolder = null, FetchOptions? options = null, IProgress<Progress>? progress = null, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(manifest);
        options ??= new FetchOptions();
        string target = Path.TrimEndingDirectorySeparator(Path.GetFullPath(targetFolder ?? DatasetCache.FolderOf(manifest)));
        if (IsFetched(manifest, target)) return target;
        if (Directory.Exists(target) && Directory.EnumerateFileSystemEntries(target).Any())
            throw new SimSearchException($"folder '{target}' holds something other than this version of '{manifest.Name}'; move it away, or give another folder");

        string arrivals = target + ".download", unpacked = Path.Combine(arrivals, "unpacked");
        try
        {
            Directory.CreateDirectory(arrivals);
            using (Lock(arrivals, manifest))
            {
                var paths = new List<string>();
                foreach (var file in manifest.Files)
                {
                    var download = new Download(file, arrivals, options.Client ?? DefaultClient.Value, options, (done, total) => progress?.Report(new Progress("downloading", done, total, file.Name)));
                    paths.Add(await download.RunAsync(cancellation).ConfigureAwait(false));
                }
                if (Directory.Exists(unpacked)) Directory.Delete(unpacked, recursive: true);
                Directory.CreateDirectory(unpacked);
                try { Unpack(manifest, paths, unpacked, progress, cancellation); }
                catch
                {
                    Directory.Delete(unpacked, recursive: true);
                    throw;
                }
                AtomicFile.WriteText(Path.Combine(unpacked, MarkName), MarkOf(manifest));
                if (Directory.Exists(target)) Directory.Delete(target);
                Directory.Move(unpacked, target);
            }
            if (!options.KeepArchives) Directory.Delete(arrivals, recursive: true);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new SimSearchException($"data set '{manifest.Name}' cannot be written to '{target}': {e.Message}; check the disk's free space and the folder's rights, then run this again", e);
        }
        return target;
    }

    private static void Unpack(DatasetManifest manifest, List<string> paths, string folder, IProgress<Progress>? progress, CancellationToken cancellation)
    {
        long unpacked = 0;
        foreach (var (file, path) in manifest.Files.Zip(paths))
        {
            if (file.Archive == ArchiveKind.None)
            {
                File.Copy(path, Path.Combine(folder, file.Name));
                continue;
            }
            long before = unpacked;
            var limits = new ArchiveLimits { MaxBytes = manifest.MaxUnpackedBytes - before };
            ArchiveExtractor.Extract(path, file.Archive, folder, limits, bytes => progress?.Report(new Progress("unpacking", unpacked = before + bytes, 0, file.Name)), cancellation);
        }
    }

    private static FileStream Lock(string folder, DatasetManifest manifest)
    {
        try { return new FileStream(Path.Combine(folder, ".lock"), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None); }
        catch (IOException e) { throw new SimSearchException($"data set '{manifest.Name}' is being fetched to '{folder}' by another process; wait for it", e); }
    }

    /// <summary>Tells versions of a data set apart: a hash of the addresses and hashes of its files.</summary>
    private static string MarkOf(DatasetManifest manifest) =>
        Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(string.Join('\n', manifest.Files.Select(f => $"{f.Url} {f.Name} {f.Bytes} {f.Sha256} {f.Archive}"))))) + "\n";
}
