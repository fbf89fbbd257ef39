using System.Globalization;
using System.Text.RegularExpressions;

namespace SimSearch.Datasets;

/// <summary>The Free Spoken Digit Dataset (Jackson et al., CC BY-SA 4.0): the digits 0 to 9, some speakers, 50 takes of each.</summary>
public static partial class FsddDataset
{
    /// <summary>Reads the folder of the data set.</summary>
    /// <param name="folder">The folder that contains <c>recordings</c>, or that folder itself. A table beside it is not needed: the file names say all.</param>
    /// <returns>
    /// Items in ordinal order of their paths: digit as label, speaker as group, the official split (takes 0 to 4 "test", the others "train"), metadata
    /// speaker and index. All speakers are in both parts, so the official split measures known speakers; leave speakers out to measure unknown ones.
    /// </returns>
    /// <exception cref="SimSearchException">There is no file named {digit}_{speaker}_{index}.wav.</exception>
    public static Dataset Load(string folder)
    {
        var items = new List<Item>();
        if (Directory.Exists(folder))
        {
            string inner = Directory.Exists(Path.Combine(folder, "recordings")) ? "recordings/" : "";
            foreach (string name in Names(Path.Combine(folder, inner)).Order(StringComparer.Ordinal))
            {
                var match = FileName().Match(name);
                if (!match.Success) continue;
                int index = int.Parse(match.Groups["index"].Value, CultureInfo.InvariantCulture);
                items.Add(new Item
                {
                    Id = inner + name,
                    Source = inner + name,
                    Labels = [match.Groups["digit"].Value],
                    Group = match.Groups["speaker"].Value,
                    Split = index < 5 ? "test" : "train",
                    Metadata = new Dictionary<string, string> { ["speaker"] = match.Groups["speaker"].Value, ["index"] = match.Groups["index"].Value },
                });
            }
        }
        if (items.Count == 0) throw new SimSearchException($"folder '{folder}' has no recordings named like 7_jackson_32.wav; give the folder of the Free Spoken Digit Dataset");
        return new Dataset("fsdd", folder, items);
    }

    internal static bool IsIn(string folder) =>
        Directory.Exists(Path.Combine(folder, "recordings")) && Names(Path.Combine(folder, "recordings")).Any(n => FileName().IsMatch(n));

    private static IEnumerable<string> Names(string folder) => Directory.EnumerateFiles(folder).Select(p => Path.GetFileName(p));

    [GeneratedRegex(@"^(?<digit>[0-9])_(?<speaker>[a-z]+)_(?<index>[0-9]{1,4})\.wav\z", RegexOptions.CultureInvariant)]
    private static partial Regex FileName();
}
