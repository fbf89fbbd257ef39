using System.Runtime.CompilerServices;

namespace SimSearch.Notebooks;

/// <summary>Types named as C# writes them.</summary>
internal static class TypeNames
{
    private static readonly Dictionary<Type, string> Keywords = new()
    {
        [typeof(bool)] = "bool", [typeof(byte)] = "byte", [typeof(sbyte)] = "sbyte", [typeof(short)] = "short", [typeof(ushort)] = "ushort", [typeof(int)] = "int",
        [typeof(uint)] = "uint", [typeof(long)] = "long", [typeof(ulong)] = "ulong", [typeof(nint)] = "nint", [typeof(nuint)] = "nuint", [typeof(float)] = "float",
        [typeof(double)] = "double", [typeof(decimal)] = "decimal", [typeof(char)] = "char", [typeof(string)] = "string", [typeof(object)] = "object", [typeof(void)] = "void",
    };

    /// <summary><c>List&lt;int&gt;</c>, <c>float[,]</c>, <c>(int, string)</c>.</summary>
    public static string Short(Type type)
    {
        if (Keywords.TryGetValue(type, out string? keyword)) return keyword;
        if (type.IsArray)
        {
            // The outermost array's brackets come first: int[][,] is an array of two-dimensional arrays.
            string brackets = "";
            for (; type.IsArray; type = type.GetElementType()!) brackets += type.GetArrayRank() == 1 ? "[]" : $"[{new string(',', type.GetArrayRank() - 1)}]";
            return Short(type) + brackets;
        }
        if (type.IsPointer) return Short(type.GetElementType()!) + "*";
        if (type.IsByRef) return "ref " + Short(type.GetElementType()!);
        if (Nullable.GetUnderlyingType(type) is { } inner) return Short(inner) + "?";
        if (type.IsGenericParameter) return type.Name;
        string name = type.Name.Split('`')[0];
        if (name.StartsWith("<>f__AnonymousType", StringComparison.Ordinal)) return "(anonymous)";
        // A class that nobody can name, behind an iterator or a query: what it is good for says more.
        if (!type.IsVisible && type.GetInterfaces().FirstOrDefault(i => i.IsGenericType && i.GetGenericTypeDefinition() == typeof(IEnumerable<>)) is { } sequence) return Short(sequence);
        if (name.StartsWith('<')) return "(compiler-made)";
        if (!type.IsGenericType) return name;
        var arguments = type.GetGenericArguments().Select(Short);
        return typeof(ITuple).IsAssignableFrom(type) && type.IsValueType ? $"({string.Join(", ", arguments)})" : $"{name}<{string.Join(", ", arguments)}>";
    }

    /// <summary>With its namespace; a cell's types have none.</summary>
    public static string Full(Type type) => type.Namespace is { Length: > 0 } space && !Keywords.ContainsKey(type) ? $"{space}.{Short(type)}" : Short(type);
}
