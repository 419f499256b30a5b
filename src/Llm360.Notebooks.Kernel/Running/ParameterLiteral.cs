// A parameter's value as C# source of its declared type.
using System.Collections;
using System.Globalization;
using Microsoft.CodeAnalysis.CSharp;

namespace Llm360.Notebooks.Kernel.Running;

internal static class ParameterLiteral
{
    private static readonly CultureInfo Culture = CultureInfo.InvariantCulture;

    /// <summary>The literal, or null when <paramref name="text"/> does not convert.</summary>
    public static string? From(Type type, string text)
    {
        if (Nullable.GetUnderlyingType(type) is { } underlying)
            return text == "null" ? "null" : From(underlying, text);
        if (ElementType(type) is { } element)
        {
            var items = text.Trim() is { Length: > 0 } list ? list.Split(',').Select(item => From(element, item.Trim())).ToList() : [];
            return items.Contains(null) ? null : $"[{string.Join(", ", items)}]";
        }

        if (type.IsEnum)
        {
            var member = Enum.GetNames(type).FirstOrDefault(name => name.Equals(text, StringComparison.OrdinalIgnoreCase));
            return member is null ? null : $"{EnumName(type)}.{member}";
        }

        return Type.GetTypeCode(type) switch
        {
            TypeCode.String => SymbolDisplay.FormatLiteral(text, quote: true),
            TypeCode.Char => text.Length == 1 ? SymbolDisplay.FormatLiteral(text[0], quote: true) : null,
            TypeCode.Boolean => bool.TryParse(text, out var flag) ? (flag ? "true" : "false") : null,
            TypeCode.Byte => Integer<byte>(text),
            TypeCode.SByte => Integer<sbyte>(text),
            TypeCode.Int16 => Integer<short>(text),
            TypeCode.UInt16 => Integer<ushort>(text),
            TypeCode.Int32 => Integer<int>(text),
            TypeCode.UInt32 => Integer<uint>(text),
            TypeCode.Int64 => Integer<long>(text),
            TypeCode.UInt64 => Integer<ulong>(text),
            TypeCode.Single => float.TryParse(text, NumberStyles.Float, Culture, out var single) && float.IsFinite(single)
                ? single.ToString("R", Culture) + "f"
                : null,
            TypeCode.Double => double.TryParse(text, NumberStyles.Float, Culture, out var number) && double.IsFinite(number)
                ? number.ToString("R", Culture) + "d"
                : null,
            TypeCode.Decimal => decimal.TryParse(text, NumberStyles.Float, Culture, out var exact) ? exact.ToString(Culture) + "m" : null,
            _ => null,
        };
    }

    /// <summary>The type's name in C#.</summary>
    public static string NameOf(Type type) =>
        Nullable.GetUnderlyingType(type) is { } underlying ? NameOf(underlying) + "?"
        : ElementType(type) is { } element ? NameOf(element) + "[]"
        : Type.GetTypeCode(type) switch
        {
            _ when type.IsEnum => type.Name,
            TypeCode.Int32 => "int",
            TypeCode.Int64 => "long",
            TypeCode.Single => "float",
            TypeCode.Boolean => "bool",
            TypeCode.String or TypeCode.Double or TypeCode.Decimal or TypeCode.Char or TypeCode.Byte => type.Name.ToLowerInvariant(),
            _ => type.Name,
        };

    /// <summary>How a value of the type is written.</summary>
    public static string HowTo(Type type) =>
        Nullable.GetUnderlyingType(type) is { } underlying ? $"{HowTo(underlying)}, or null"
        : ElementType(type) is { } element ? $"values separated by commas, each as {HowTo(element)}"
        : type.IsEnum ? $"one of {string.Join(", ", Enum.GetNames(type))}"
        : Type.GetTypeCode(type) switch
        {
            TypeCode.Boolean => "true or false",
            TypeCode.Single or TypeCode.Double or TypeCode.Decimal => "a number such as 0.5 or 1e-4",
            TypeCode.String => "text",
            TypeCode.Char => "one character",
            TypeCode.Object or TypeCode.DateTime => "a text, number, boolean, enum or list: the cell must declare it so",
            _ => $"a whole number that fits {NameOf(type)}",
        };

    private static string? Integer<T>(string text)
        where T : System.Numerics.IBinaryInteger<T> =>
        T.TryParse(text, NumberStyles.Integer, Culture, out var number) ? number.ToString(null, Culture) : null;

    /// <summary>The element type of an array, or of a list type that a collection expression can
    /// create; null for other types.</summary>
    private static Type? ElementType(Type type)
    {
        if (type.IsArray)
            return type.GetArrayRank() == 1 ? type.GetElementType() : null;
        return type != typeof(string) && type.IsAssignableTo(typeof(IEnumerable))
            && type.IsGenericType && type.GetGenericArguments() is [var only]
            ? only
            : null;
    }

    private static string EnumName(Type type) =>
        type.FullName!.Contains("Submission#", StringComparison.Ordinal)
            ? type.Name
            : "global::" + type.FullName.Replace('+', '.');
}
