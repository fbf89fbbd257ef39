namespace SimSearch.Notebooks;

/// <summary>An error that a notebook or a wish about it can cause; its message names the value, the rule and the way out.</summary>
/// <param name="message">The message.</param>
/// <param name="inner">What caused it, if anything did.</param>
public class NotebookException(string message, Exception? inner = null) : Exception(message, inner);

/// <summary>A file is not a notebook this program reads.</summary>
/// <param name="message">What is wrong, where, and what to do.</param>
/// <param name="cell">Number of the cell, counted from 1; null when the fault is not in one.</param>
/// <param name="field">The field, as in <c>outputs[2].data</c>; "" when the fault is in none.</param>
/// <param name="inner">What caused it, if anything did.</param>
public sealed class NotebookFormatException(string message, int? cell = null, string field = "", Exception? inner = null) : NotebookException(message, inner)
{
    /// <summary>Number of the cell, counted from 1; null when the fault is not in one.</summary>
    public int? Cell { get; } = cell;

    /// <summary>The field, as in <c>outputs[2].data</c>; "" when the fault is in none.</summary>
    public string Field { get; } = field;
}

/// <summary>A parameter is unknown to the notebook, or its value does not fit.</summary>
/// <param name="message">What is wrong and what would be right.</param>
public sealed class NotebookParameterException(string message) : NotebookException(message);
