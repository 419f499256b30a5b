// Formats a value for display.
using System.Numerics;
using Llm360.Notebooks.Kernel.Execution;

namespace Llm360.Notebooks.Kernel.Display;

/// <summary>Decides how a value is shown: by its own formatters, as plain text, as a table, or by
/// its structure.</summary>
public static class ValueFormatter
{
    /// <summary>The value in every MIME type it has; <c>text/plain</c> is always there.</summary>
    /// <remarks>
    /// A value whose formatter fails is shown by its type and its text. Text over 32 million
    /// characters is cut, with a note.
    /// </remarks>
    public static MimeBundle Format(object? value) => FormatResult(value, null);

    /// <summary>The value of a cell's last expression.</summary>
    /// <param name="value">The value.</param>
    /// <param name="tupleNames">What the code calls the elements of its tuples; null for
    /// none.</param>
    internal static MimeBundle FormatResult(object? value, IReadOnlyList<string>? tupleNames)
    {
        try
        {
            return BundleLimit.Apply(Choose(value, tupleNames));
        }
        catch (Exception e) when (value is not null && SafeText.IsFault(e))
        {
            e = RuntimeErrors.Unwrap(e);
            var (type, text) = (SafeText.TypeName(value.GetType()), SafeText.Of(value));
            var fault = $"(the formatter of this type failed: {SafeText.TypeName(e.GetType())}: {SafeText.Message(e)})";
            var lines = new[] { text.StartsWith(type, StringComparison.Ordinal) ? "" : type, text, fault };
            return BundleLimit.Apply(MimeBundle.PlainText(string.Join('\n', lines.Where(line => line.Length > 0))));
        }
    }

    /// <summary>The value in some MIME types, and as plain text.</summary>
    /// <param name="value">Anything. A string is content of the first type in
    /// <paramref name="mimeTypes"/>.</param>
    /// <param name="mimeTypes">The types; empty for all types of the value.</param>
    internal static MimeBundle Format(object? value, IReadOnlyList<string> mimeTypes)
    {
        if (mimeTypes.Count == 0)
            return Format(value);
        try
        {
            return BundleLimit.Apply(value is string text ? RichText.Of(mimeTypes[0], text)
                : StructureFormatter.As(value, mimeTypes, Format(value)));
        }
        catch (Exception e) when (value is not null && SafeText.IsFault(e))
        {
            return Format(value);
        }
    }

    /// <summary>The value as text, numbers in the invariant culture.</summary>
    internal static string Plain(object value) => SafeText.Of(value);

    private static MimeBundle Choose(object? value, IReadOnlyList<string>? tupleNames)
    {
        switch (value)
        {
            case null:
                return MimeBundle.PlainText("null");
            case MimeBundle bundle:
                return bundle;
            case Picture picture:
                return picture.ToBundle();
            case Exception exception:
                return MimeBundle.PlainText(StructureFormatter.Text(exception));
        }

        var type = value.GetType();
        // TorchSharp's own formatter for tensors prints every number.
        return RichText.TryFormat(value)
            ?? TensorFormatter.TryFormat(value)
            ?? ChartFormatters.TryFormat(value)
            ?? ConventionFormatters.TryFormat(value)
            ?? StructureFormatter.TryRegistered(value)
            ?? (IsSimple(type) || IsTorch(type) ? MimeBundle.PlainText(Plain(value)) : null)
            ?? DataFrameFormatter.TryFormat(value)
            ?? ArrayFormatter.TryFormat(value)
            ?? TableFormatter.TryFormat(value, tupleNames)
            ?? ListFormatter.TryFormat(value)
            ?? StructureFormatter.Format(value);
    }

    /// <summary>Whether values of the type are shown as their text.</summary>
    internal static bool IsSimple(Type type) =>
        type.IsPrimitive || type.IsEnum || type == typeof(string)
        || type == typeof(decimal) || type == typeof(BigInteger) || type == typeof(Half)
        || type == typeof(DateTime) || type == typeof(DateTimeOffset)
        || type == typeof(DateOnly) || type == typeof(TimeOnly) || type == typeof(TimeSpan)
        || type == typeof(Guid) || type == typeof(Uri) || type == typeof(Version);

    /// <summary>Whether the type has a formatter, or its values are not composed of other
    /// values.</summary>
    internal static bool HasOwnText(Type type) =>
        IsSimple(type) || IsTorch(type) || ConventionFormatters.Has(type) || StructureFormatter.IsRegistered(type)
        || type.IsAssignableTo(typeof(Exception)) || type.IsAssignableTo(typeof(System.Text.Json.Nodes.JsonNode))
        || type.IsAssignableTo(typeof(Delegate))
        || type.IsAssignableTo(typeof(Type)) || type.IsAssignableTo(typeof(Task));

    /// <summary>Whether the type is a tensor or module. They hold native memory: walking their
    /// properties would be slow, and wrong after disposal.</summary>
    private static bool IsTorch(Type type)
    {
        for (var t = type; t is not null; t = t.BaseType)
        {
            if (t.Namespace == "TorchSharp" || t.Namespace?.StartsWith("TorchSharp.", StringComparison.Ordinal) == true)
                return true;
        }

        return false;
    }
}
