namespace SimSearch.Notebooks;

/// <summary>How values of one's own types are shown. What a cell registers holds for its notebook, and wins over everything else.</summary>
public static class Formatter
{
    /// <summary>Registers how values of a type, and of types derived from it, are written.</summary>
    /// <param name="format">The text for a value; HTML is taken as it is, so encode what comes from data.</param>
    /// <param name="mimeType">What the text is.</param>
    /// <exception cref="InvalidOperationException">Not called from a cell.</exception>
    public static void Register<T>(Func<T, string> format, string mimeType = "text/plain")
    {
        ArgumentNullException.ThrowIfNull(format);
        Register<T>((value, writer) => writer.Write(format(value)), mimeType);
    }

    /// <summary>Registers how values of a type, and of types derived from it, are written.</summary>
    /// <param name="format">Writes a value.</param>
    /// <param name="mimeType">What is written.</param>
    /// <exception cref="InvalidOperationException">Not called from a cell.</exception>
    public static void Register<T>(Action<T, TextWriter> format, string mimeType = "text/plain")
    {
        ArgumentNullException.ThrowIfNull(format);
        ArgumentException.ThrowIfNullOrWhiteSpace(mimeType);
        CellRun.Require("Formatter.Register").Engine.Formatters.Register(typeof(T), mimeType, (value, writer) => format((T)value, writer));
    }

    /// <summary>Forgets everything that was registered in this notebook.</summary>
    /// <exception cref="InvalidOperationException">Not called from a cell.</exception>
    public static void ResetToDefault() => CellRun.Require("Formatter.ResetToDefault").Engine.Formatters.Reset();
}
