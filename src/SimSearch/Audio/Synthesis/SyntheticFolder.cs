using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using SimSearch.Datasets;
using SimSearch.Storage;

namespace SimSearch.Audio;

/// <summary>Writes the synthetic set to a folder, or completes what is there of it.</summary>
internal static class SyntheticFolder
{
    public const string ManifestName = "synthetic.json";
    public const string TableName = "items.csv";

    /// <summary>What the folder was made with. It is written before the first sound, so a folder with sounds always says whose they are.</summary>
    private sealed record Manifest(int Version, int Seed, int ItemsPerClass, int Folds, int SampleRate, double MinSeconds, double MaxSeconds, string[] Classes, string Hash);

    public static Dataset Make(string folder, SyntheticOptions options, IProgress<Progress>? progress, CancellationToken cancellation)
    {
        ArgumentException.ThrowIfNullOrEmpty(folder);
        var classes = options.Check();
        string full = Path.GetFullPath(folder);
        Prepare(full, ManifestFor(options, classes));

        var sounds = classes.SelectMany(c => Enumerable.Range(0, options.ItemsPerClass).Select(n => (Class: c, Number: n))).ToArray();
        long done = 0;
        Parallel.ForEach(sounds, new ParallelOptions { CancellationToken = cancellation }, sound =>
        {
            string path = Path.Combine(full, FileOf(sound.Class, sound.Number));
            // Files appear by rename, so one of the right length is whole.
            if (!(new FileInfo(path) is { Exists: true } file && file.Length == 44 + 2L * SyntheticSounds.FramesOf(sound.Class, sound.Number, options)))
                WavWriter.Write(path, SyntheticSounds.Render(sound.Class, sound.Number, options));
            progress?.Report(new Progress("making sounds", Interlocked.Increment(ref done), sounds.Length, FileOf(sound.Class, sound.Number)));
        });

        var dataset = new Dataset("synthetic", full, [.. sounds.Select(sound => new Item
        {
            Id = FileOf(sound.Class, sound.Number),
            Source = FileOf(sound.Class, sound.Number),
            Labels = [sound.Class],
            Group = $"fold-{sound.Number % options.Folds + 1}",
            Metadata = new Dictionary<string, string> { ["room"] = SyntheticSounds.RoomOf(sound.Number, options).Name },
        })]);
        dataset.SaveCsv(Path.Combine(full, TableName));
        return dataset;
    }

    private static string FileOf(string className, int number) => $"{className}/{className}-{number:00}.wav";

    /// <summary>Leaves the folder with the wanted manifest and none of another set's files in it.</summary>
    private static void Prepare(string folder, Manifest wanted)
    {
        string path = Path.Combine(folder, ManifestName);
        if (File.Exists(path))
        {
            var found = Read(path);
            if (found?.Hash == wanted.Hash) return;
            // Only names that such a set can have are removed, whatever the manifest says.
            foreach (string name in (found?.Classes ?? []).Intersect(SyntheticSounds.Classes))
            {
                for (int n = 0; n < Math.Clamp(found!.ItemsPerClass, 0, SyntheticOptions.MaxItemsPerClass); n++)
                    if (Directory.Exists(Path.Combine(folder, name))) File.Delete(Path.Combine(folder, FileOf(name, n)));
            }
            File.Delete(Path.Combine(folder, TableName));
        }
        else if (Directory.Exists(folder) && Directory.EnumerateFileSystemEntries(folder).Any())
        {
            throw new SimSearchException($"folder '{folder}' holds files that are not a synthetic set; give a new or empty folder");
        }
        AtomicFile.WriteText(path, JsonSerializer.Serialize(wanted, Format));
    }

    private static Manifest? Read(string path)
    {
        try { return JsonSerializer.Deserialize<Manifest>(File.ReadAllText(path), Format); }
        catch (JsonException e) { throw new SimSearchException($"'{path}' is damaged: {e.Message}; delete the folder and make the set again", e); }
    }

    private static Manifest ManifestFor(SyntheticOptions o, IReadOnlyList<string> classes)
    {
        var manifest = new Manifest(SyntheticSounds.Version, o.Seed, o.ItemsPerClass, o.Folds, o.SampleRate, o.MinSeconds, o.MaxSeconds, [.. classes], "");
        return manifest with { Hash = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(JsonSerializer.Serialize(manifest)))) };
    }

    private static readonly JsonSerializerOptions Format = new() { WriteIndented = true };
}
