using System.Globalization;
using CsvHelper;
using SimSearch.Storage;

namespace SimSearch.Embedding;

/// <summary>A projection as a table: UTF-8, comma separated, one header line (id, label, group, x, y and z in three dimensions), one line per item, numbers that read back exactly.</summary>
internal static class ProjectionCsv
{
    public static void Write(string path, Projection projection) => AtomicFile.Write(path, stream =>
    {
        string[] axes = ["x", "y", "z"];
        using var csv = CsvWriter.Create(stream, new CsvWriterOptions { NewLine = "\n" }, leaveOpen: true);
        csv.WriteHeader(["id", "label", "group", .. axes[..projection.Dimensions]]);
        for (int row = 0; row < projection.Count; row++)
        {
            var item = projection.Items[row];
            csv.WriteField(item.Id);
            csv.WriteField(item.Label);
            csv.WriteField(item.Group);
            foreach (float value in projection.Points.Row(row)) csv.WriteField(value.ToString("R", CultureInfo.InvariantCulture));
            csv.EndRecord();
        }
    });
}
