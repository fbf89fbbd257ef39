namespace SimSearch.Datasets;

/// <summary>What to do about a row whose file does not exist.</summary>
public enum MissingFiles
{
    /// <summary>Stop with an error that names the row and the path.</summary>
    Fail,

    /// <summary>Leave the row out.</summary>
    Skip,

    /// <summary>Keep the row without looking: for tables whose files are not needed (a list of vectors, say).</summary>
    Keep,
}

/// <summary>
/// Which column of a CSV holds what. A name that is null is looked for under the usual names, in the order given at each property; a name
/// that is given must be there. Header names are compared without regard to case. Columns that mean nothing here become metadata.
/// </summary>
public sealed record CsvColumns
{
    /// <summary>The file; by default the first of file, filename, path, source. Required.</summary>
    public string? File { get; init; }

    /// <summary>The label or labels; by default the first of labels, label, category, class.</summary>
    public string? Label { get; init; }

    /// <summary>The group that must not be split across train and test; by default the first of group, fold, speaker, recording.</summary>
    public string? Group { get; init; }

    /// <summary>The split ("train", "test"); by default split.</summary>
    public string? Split { get; init; }

    /// <summary>Begin of the item in its file, in seconds; by default start. An empty cell is 0.</summary>
    public string? Start { get; init; }

    /// <summary>Length of the item, in seconds; by default duration. An empty cell means to the end of the file.</summary>
    public string? Duration { get; init; }

    /// <summary>The id; by default id. Without such a column the id is the file, with #start-end when the row is a stretch of it.</summary>
    public string? Id { get; init; }

    /// <summary>Separates the labels in a cell; null takes the cell as one label. Default "|". Empty labels are left out.</summary>
    public string? LabelSeparator { get; init; } = "|";

    /// <summary>Separates the cells: one character, default comma.</summary>
    public char Delimiter { get; init; } = ',';

    /// <summary>What to do about a row whose file does not exist. Default: fail.</summary>
    public MissingFiles MissingFiles { get; init; }
}
