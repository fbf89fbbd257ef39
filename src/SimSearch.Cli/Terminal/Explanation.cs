using SimSearch.Faiss;
using SimSearch.Notebooks;
using SimSearch.Onnx;

namespace SimSearch.Cli.Terminal;

/// <summary>The command line was understood but asks for something that cannot be (two options that exclude each other, say): exit code 2.</summary>
internal sealed class UsageException(string message) : Exception(message);

/// <summary>Turns an exception into the one or two lines a person reads.</summary>
internal static class Explanation
{
    /// <summary>The message of what went wrong; only for errors nobody foresaw it names the exception's type.</summary>
    public static string Of(Exception error) => error switch
    {
        OperationCanceledException => "stopped; what was finished before is kept",
        AggregateException many when many.InnerExceptions.Count > 0 => Of(many.Flatten().InnerExceptions[0]),
        TypeInitializationException { InnerException: { } inner } => Of(inner),
        FileNotFoundException { FileName: { } file } => $"{file}: there is no such file",
        // The parameter's name says nothing to somebody who typed a command.
        ArgumentException { ParamName: { } name } => error.Message.Replace($" (Parameter '{name}')", "", StringComparison.Ordinal),
        UsageException or SimSearchException or FaissException or OnnxException or NotebookException or JupyterException or ArgumentException or IOException or UnauthorizedAccessException => error.Message,
        OutOfMemoryException => "out of memory; use fewer --threads or a smaller input",
        _ => $"unexpected {error.GetType().Name}: {error.Message} (run again with --verbose for the stack trace, and please report it)",
    };
}
