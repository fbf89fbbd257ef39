using System.Collections;
using System.Collections.Concurrent;
using System.Globalization;
using System.Numerics;
using System.Reflection;
using System.Runtime.CompilerServices;

namespace SimSearch.Notebooks;

/// <summary>What kind of value something is, for showing it.</summary>
internal static class ValueShape
{
    private const int MostTaken = 20;

    private static readonly ConcurrentDictionary<Type, PropertyInfo[]> Known = new();

    /// <summary>Whether a value is a single thing: a number, a text, a date, and whatever writes itself as text.</summary>
    public static bool IsScalar(object? value) => value is null || value is string or IFormattable or bool or Type or Uri or Version or Delegate
        || value is not (IEnumerable or ITuple) && (WritesItself(value.GetType()) || AsyncSequence(value.GetType()) is not null);

    /// <summary>Whether values of a type are better read as numbers, set to the right.</summary>
    public static bool IsNumber(object? value) => value is not null && (value is BigInteger or decimal or Half or Int128 or UInt128 || value.GetType() is { IsPrimitive: true } and not { IsEnum: true } && value is not (bool or char));

    /// <summary>Whether a type has a way of its own to be a text; what the compiler makes for records does not count.</summary>
    public static bool WritesItself(Type type)
    {
        var method = type.GetMethod(nameof(ToString), Type.EmptyTypes);
        return method is not null && method.DeclaringType != typeof(object) && method.DeclaringType != typeof(ValueType)
            && !method.IsDefined(typeof(CompilerGeneratedAttribute)) && !type.Name.StartsWith("<>f__AnonymousType", StringComparison.Ordinal);
    }

    // What only await foreach goes through: showing it would mean waiting for it.
    private static Type? AsyncSequence(Type type) => type.GetInterfaces().FirstOrDefault(i => i.IsGenericType && i.GetGenericTypeDefinition() == typeof(IAsyncEnumerable<>));

    /// <summary>The columns of a type: its public properties that can be read, and the fields of what has no properties.</summary>
    public static IReadOnlyList<(string Name, Func<object, object?> Read)> Members(Type type)
    {
        var properties = Known.GetOrAdd(type, t => [.. t.GetProperties(BindingFlags.Instance | BindingFlags.Public)
            .Where(p => p.GetMethod is { IsPublic: true } && p.GetIndexParameters().Length == 0 && !p.PropertyType.IsByRef && !p.PropertyType.IsByRefLike && !p.PropertyType.IsPointer)
            .DistinctBy(p => p.Name)]);
        if (properties.Length > 0) return [.. properties.Select(p => (p.Name, (Func<object, object?>)(target => Read(() => p.GetValue(target)))))];
        return [.. type.GetFields(BindingFlags.Instance | BindingFlags.Public).Where(f => !f.FieldType.IsByRefLike && !f.FieldType.IsPointer)
            .Select(f => (f.Name, (Func<object, object?>)(target => Read(() => f.GetValue(target)))))];
    }

    /// <summary>A scalar as text, in the invariant culture.</summary>
    public static string ScalarText(object? value)
    {
        switch (value)
        {
            case null: return "null";
            case string text: return text;
            case bool flag: return flag ? "true" : "false";
            case Type type: return TypeNames.Full(type);
            case Delegate function: return $"{TypeNames.Short(function.GetType())}";
            case DateTime time: return time.ToString(time.TimeOfDay == TimeSpan.Zero ? "yyyy-MM-dd" : "yyyy-MM-dd HH:mm:ss.FFFFFFFK", CultureInfo.InvariantCulture);
            case DateTimeOffset time: return time.ToString("yyyy-MM-dd HH:mm:ss.FFFFFFFK", CultureInfo.InvariantCulture);
            case DateOnly date: return date.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);
        }
        if (!WritesItself(value.GetType()) && AsyncSequence(value.GetType()) is { } sequence) return $"{TypeNames.Short(sequence)} (go through it with await foreach)";
        try { return (value is IFormattable formattable ? formattable.ToString(null, CultureInfo.InvariantCulture) : value.ToString()) ?? ""; }
        catch (Exception e) when (e is not (OperationCanceledException or ThreadInterruptedException or ThreadAbortException)) { return $"({TypeNames.Short(value.GetType())}: its text can't be had: {e.GetType().Name})"; }
    }

    /// <summary>How many items there are, when that is known without going through them.</summary>
    public static long? Count(object value)
    {
        if (value is Array array) return array.LongLength;
        if (value is ICollection collection) return collection.Count;
        var counted = value.GetType().GetInterfaces().FirstOrDefault(i => i.IsGenericType && i.GetGenericTypeDefinition() is var d && (d == typeof(ICollection<>) || d == typeof(IReadOnlyCollection<>)));
        return counted is not null && Read(() => counted.GetProperty("Count")?.GetValue(value)) is int count ? count : null;
    }

    /// <summary>The first items of a sequence, which may have no end, and whether there are more.</summary>
    public static (List<object?> Items, bool More) First(IEnumerable sequence, int most)
    {
        if (sequence is Snapshot snapshot) return ([.. snapshot.Items.Take(most)], snapshot.More || snapshot.Items.Count > most);
        var items = new List<object?>();
        foreach (object? item in sequence)
        {
            if (items.Count == most) return (items, true);
            items.Add(item);
        }
        return (items, false);
    }

    /// <summary>A sequence that is made while one goes through it, taken once for all the ways to show it: doing it again may cost much, or give something else.</summary>
    public static object? Settle(object? value) =>
        value is IEnumerable and not (string or ICollection or ITuple or Snapshot) and { } lazy && !IsScalar(value) && Count(value) is null && First((IEnumerable)lazy, MostTaken) is var (items, more)
            ? new Snapshot(value.GetType(), items, more) : value;

    /// <summary>Key and value of an entry, whichever kind of dictionary it is from.</summary>
    public static bool TryEntry(object? item, out object? key, out object? value)
    {
        (key, value) = (null, null);
        if (item is DictionaryEntry entry)
        {
            (key, value) = (entry.Key, entry.Value);
            return true;
        }
        if (item?.GetType() is not { IsGenericType: true } type || type.GetGenericTypeDefinition() != typeof(KeyValuePair<,>)) return false;
        (key, value) = (type.GetProperty("Key")!.GetValue(item), type.GetProperty("Value")!.GetValue(item));
        return true;
    }

    private static object? Read(Func<object?> read)
    {
        try { return read(); }
        catch (Exception e) when ((e as TargetInvocationException)?.InnerException is not (OperationCanceledException or ThreadInterruptedException or ThreadAbortException)) { return new Unreadable(e.InnerException ?? e); }
    }

    /// <summary>The beginning of a sequence, and what it was.</summary>
    public sealed record Snapshot(Type Type, List<object?> Items, bool More) : IEnumerable
    {
        /// <inheritdoc/>
        public IEnumerator GetEnumerator() => Items.GetEnumerator();
    }

    /// <summary>Stands for a property that threw.</summary>
    private sealed class Unreadable(Exception error)
    {
        public override string ToString() => $"({error.GetType().Name})";
    }
}
