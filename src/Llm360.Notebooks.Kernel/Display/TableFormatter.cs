// Lists of records, objects with properties and tuples, as tables with the names of their members.
using System.Collections;
using System.Globalization;
using System.Reflection;
using System.Runtime.CompilerServices;
using Microsoft.Data.Analysis;

namespace Llm360.Notebooks.Kernel.Display;

/// <summary>Turns such lists into data frames, which have pages.</summary>
internal static class TableFormatter
{
    // A lazily computed list may be long, expensive, or endless.
    private const int LazyRows = 20;
    private const int MostColumns = 30, CellCharacters = 100;

    /// <summary>The table; null for any other value.</summary>
    /// <param name="value">Anything.</param>
    /// <param name="tupleNames">The names that the code gives to the elements of its tuples; null
    /// for none.</param>
    public static MimeBundle? TryFormat(object value, IReadOnlyList<string>? tupleNames)
    {
        if (value is string or IDictionary or DataFrame || ElementType(value.GetType()) is not { } type
            || Members(type, tupleNames) is not { Count: > 0 } members)
            return null;
        var length = Length(value);
        var rows = Rows((IEnumerable)value, length is null ? LazyRows : DataFrameFormatter.MostRows);
        if (rows.Count == 0 || rows.Contains(null))
            return null;
        var frame = new DataFrame(members.Select(member => Column(member, rows)));
        return DataFrameFormatter.Format(frame, length ?? rows.Count, isWhole: length is not null || rows.Count < LazyRows);
    }

    /// <summary>Whether the value is a list of tuples.</summary>
    public static bool IsOfTuples(object? value) =>
        value is IEnumerable and not string && ElementType(value.GetType())?.IsAssignableTo(typeof(ITuple)) == true;

    /// <summary>The type of a list's elements; null if it is no list, or a list of several
    /// types.</summary>
    public static Type? ElementType(Type type)
    {
        if (type.IsArray)
            return type.GetArrayRank() == 1 ? type.GetElementType() : null;
        var lists = type.GetInterfaces().Where(i => i.IsGenericType && i.GetGenericTypeDefinition() == typeof(IEnumerable<>)).ToList();
        return lists is [var only] ? only.GetGenericArguments()[0] : null;
    }

    private static List<Member> Members(Type type, IReadOnlyList<string>? tupleNames)
    {
        if (type.IsAssignableTo(typeof(ITuple)) && type.IsValueType && type.GetFields() is { Length: > 0 and < 8 } fields)
            return [.. fields.Select((field, i) =>
                new Member(tupleNames?.ElementAtOrDefault(i) ?? field.Name, field.FieldType, field.GetValue))];
        if (ValueFormatter.HasOwnText(type) || type.IsAssignableTo(typeof(IEnumerable)) || type == typeof(object) || type.IsInterface
            || type.IsAbstract
            || type.IsGenericType && type.GetGenericTypeDefinition() == typeof(KeyValuePair<,>))
        {
            return [];
        }

        var properties = type.GetProperties(BindingFlags.Instance | BindingFlags.Public)
            .Where(property => property is { CanRead: true } && property.GetIndexParameters().Length == 0
                && !property.PropertyType.IsByRefLike)
            .ToList();
        return properties.Count <= MostColumns && properties.Exists(property => ValueFormatter.IsSimple(Bare(property.PropertyType)))
            ? properties.ConvertAll(property => new Member(property.Name, property.PropertyType, property.GetValue))
            : [];
    }

    private static Type Bare(Type type) => Nullable.GetUnderlyingType(type) ?? type;

    private static int? Length(object value) => value switch
    {
        ICollection list => list.Count,
        _ => (int?)value.GetType().GetInterfaces()
            .FirstOrDefault(i => i.IsGenericType && i.GetGenericTypeDefinition() is var d
                && (d == typeof(IReadOnlyCollection<>) || d == typeof(ICollection<>)))
            ?.GetProperty("Count")!.GetValue(value),
    };

    private static List<object?> Rows(IEnumerable list, int most)
    {
        var rows = new List<object?>();
        foreach (var row in list)
        {
            rows.Add(row);
            if (rows.Count == most)
                break;
        }

        return rows;
    }

    private static DataFrameColumn Column(Member member, List<object?> rows)
    {
        var values = rows.ConvertAll(row => Value(member, row!));
        return Type.GetTypeCode(Bare(member.Type)) switch
        {
            _ when Bare(member.Type).IsEnum || values.Exists(value => value is string) => Texts(),
            TypeCode.Byte or TypeCode.Int16 or TypeCode.UInt16 or TypeCode.Int32 => Numbers<int>(),
            TypeCode.UInt32 or TypeCode.Int64 => Numbers<long>(),
            TypeCode.Single => Numbers<float>(),
            TypeCode.Double => Numbers<double>(),
            TypeCode.Decimal => Numbers<decimal>(),
            TypeCode.Boolean => Numbers<bool>(),
            _ => Texts(),
        };

        DataFrameColumn Numbers<T>()
            where T : unmanaged =>
            new PrimitiveDataFrameColumn<T>(member.Name, values.Select(value =>
                value is null ? (T?)null : (T)Convert.ChangeType(value, typeof(T), CultureInfo.InvariantCulture)));

        DataFrameColumn Texts() => new StringDataFrameColumn(member.Name, values.Select(Text));
    }

    private static object? Value(Member member, object row)
    {
        try
        {
            return member.Get(row);
        }
        catch (TargetInvocationException e) when (e.InnerException is { } inner && SafeText.IsFault(inner))
        {
            return $"({inner.GetType().Name})";
        }
    }

    private static string? Text(object? value)
    {
        var text = value switch
        {
            null => null,
            string own => own,
            ICollection list => string.Create(CultureInfo.InvariantCulture, $"[{list.Count} items]"),
            _ => SafeText.Of(value),
        };
        return text?.Length > CellCharacters ? SafeText.Cut(text, CellCharacters) + " ..." : text;
    }

    private sealed record Member(string Name, Type Type, Func<object, object?> Get);
}
