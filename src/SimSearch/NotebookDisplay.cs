using System.Reflection;

namespace SimSearch;

/// <summary>
/// Shows a value below the running cell of a notebook and replaces it later. Kernels are found by the names of what their cells call, so that none has to be
/// referenced: our own (<c>CellFunctions.display</c>) and .NET Interactive's (<c>Kernel.display</c>); both give a value with <c>Update(object)</c>.
/// </summary>
internal sealed class NotebookDisplay
{
    private static readonly string[] Kernels = ["SimSearch.Notebooks.CellFunctions", "Microsoft.DotNet.Interactive.Kernel"];

    private readonly MethodInfo display;
    private readonly ExecutionContext? cell;
    private object? shown;
    private bool gone;

    private NotebookDisplay(MethodInfo display) => (this.display, cell) = (display, ExecutionContext.Capture());

    /// <summary>A place below the cell that is running; null when no kernel is loaded.</summary>
    public static NotebookDisplay? Here() => Find(AppDomain.CurrentDomain.GetAssemblies()) is { } display ? new NotebookDisplay(display) : null;

    /// <summary>The method that shows a value, among some assemblies; null when none has one.</summary>
    internal static MethodInfo? Find(IEnumerable<Assembly> assemblies) =>
        (from assembly in assemblies from name in Kernels select assembly.GetType(name, throwOnError: false)?.GetMethods(BindingFlags.Public | BindingFlags.Static)
            .FirstOrDefault(m => m.Name == "display" && m.GetParameters() is [{ ParameterType: var value }, ..] && value == typeof(object))).FirstOrDefault(m => m is not null);

    /// <summary>Shows the value, or shows it anew. Work goes on when that fails: outside of a cell, say, or when the notebook was closed.</summary>
    public void Show(object value)
    {
        if (gone) return;
        try
        {
            if (shown is not null) shown.GetType().GetMethod("Update", [typeof(object)])?.Invoke(shown, [value]);
            // A report may come from a thread that knows nothing of the cell.
            else if (cell is null) shown = Display(value);
            else ExecutionContext.Run(cell, _ => shown = Display(value), null);
            gone = shown is null;
        }
        catch (TargetInvocationException)
        {
            gone = true;
        }
    }

    private object? Display(object value)
    {
        object?[] arguments = [value, .. display.GetParameters().Skip(1).Select(p => p.ParameterType == typeof(string[]) ? Array.Empty<string>() : p.HasDefaultValue ? p.DefaultValue : null)];
        return display.Invoke(null, arguments);
    }
}
