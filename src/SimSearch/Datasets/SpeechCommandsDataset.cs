namespace SimSearch.Datasets;

/// <summary>Speech Commands (Warden 2018, CC BY 4.0): short words, one a second-long file, by thousands of speakers.</summary>
public static class SpeechCommandsDataset
{
    /// <summary>Reads the folder of the data set (version 0.01 or 0.02).</summary>
    /// <param name="folder">The folder with one sub-folder a word and, in the full set, testing_list.txt and validation_list.txt.</param>
    /// <returns>
    /// Items in ordinal order of their paths: word as label; speaker (the part of the file name before "_nohash_") as group; split "test" or
    /// "validation" for the files in those lists and "train" for the others, or none where the lists are not there. Background noise is left out.
    /// </returns>
    /// <exception cref="SimSearchException">There is no such folder.</exception>
    public static Dataset Load(string folder)
    {
        var split = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (string part in new[] { "validation", "test" })
        {
            string list = Path.Combine(folder, part == "test" ? "testing_list.txt" : "validation_list.txt");
            if (!File.Exists(list)) continue;
            foreach (string line in File.ReadLines(list)) split[line.Trim()] = part;
        }
        var all = Dataset.FromFolder(folder).Where(i => i.Label != "_background_noise_");
        return new Dataset("speech-commands", folder, [.. all.Items.Select(i => i with
        {
            Group = Path.GetFileName(i.Source).Split("_nohash_") is [var speaker, _] ? speaker : null,
            Split = split.Count == 0 ? null : split.GetValueOrDefault(i.Source, "train"),
        })]);
    }
}
