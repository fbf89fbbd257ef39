using System.Collections;
using System.Globalization;
using System.Reflection;
using System.Runtime.CompilerServices;

namespace SimSearch.Notebooks;

/// <summary>A row of <c>#!whos</c>.</summary>
internal sealed record VariableRow(string Name, string Type, string Shape, string Size);

/// <summary>The variables of a notebook as a table.</summary>
internal static class Variables
{
    /// <summary>The variables alive: type, shape, and size where it is known.</summary>
    public static VariableRow[] Describe(SubmissionChain chain) =>
        [.. chain.Variables().OrderBy(v => v.Name, StringComparer.Ordinal).Select(v => new VariableRow(v.Name, TypeNames.Short(v.Value?.GetType() ?? v.Type), Shape(v.Value), Size(v.Value)))];

    private static string Shape(object? value)
    {
        switch (value)
        {
            case null: return "null";
            case string text: return Number(text.Length);
            case Array array: return string.Join(" × ", Enumerable.Range(0, array.Rank).Select(d => Number(array.GetLength(d))));
        }
        // Tables and matrices say their shape themselves.
        if (value.GetType().GetProperty("Shape", BindingFlags.Instance | BindingFlags.Public) is { CanRead: true } shape && shape.GetIndexParameters().Length == 0)
        {
            try { return shape.GetValue(value) is { } own ? own is IEnumerable and not string ? string.Join(" × ", ((IEnumerable)own).Cast<object>().Select(ValueShape.ScalarText)) : ValueShape.ScalarText(own) : ""; }
            catch (TargetInvocationException) { return ""; }
        }
        return value is IEnumerable && ValueShape.Count(value) is { } count ? Number(count) : "";
    }

    private static string Size(object? value) => value switch
    {
        string text => Bytes(2L * text.Length),
        Array array when array.GetType().GetElementType() is { IsPrimitive: true } element => Bytes(array.LongLength * ElementSize(element)),
        _ when value?.GetType() is { IsPrimitive: true } type => Bytes(ElementSize(type)),
        _ => "",
    };

    private static int ElementSize(Type type) => Buffer.ByteLength(Array.CreateInstance(type, 1));

    private static string Number(long number) => number.ToString("N0", CultureInfo.InvariantCulture);

    private static string Bytes(long bytes) => bytes < 10_000 ? $"{Number(bytes)} B" : bytes < 10_000_000 ? $"{Number(bytes >> 10)} KiB" : $"{Number(bytes >> 20)} MiB";
}
