// From a value to what is shown of it.
using System.Numerics;
using System.Text.Json.Nodes;
using Llm360.Notebooks.Kernel.Execution;

namespace Llm360.Notebooks.Kernel.Display;

/// <summary>Decides how a value shows: by its own formatters, as plain text, as a table, or by its structure.</summary>
public static class ValueFormatter
{
    /// <summary>The value in every MIME type it has; <c>text/plain</c> is always there.</summary>
    /// <remarks>
    /// A value whose formatter fails is shown by its type and its text. Text over 32 million
    /// characters is cut, with a note.
    /// </remarks>
    public static MimeBundle Format(object? value)
    {
        try
        {
            return BundleLimit.Apply(Choose(value));
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

    /// <summary>The value as text, numbers in the invariant culture.</summary>
    internal static string Plain(object value) => SafeText.Of(value);

    private static MimeBundle Choose(object? value)
    {
        switch (value)
        {
            case null:
                return MimeBundle.PlainText("null");
            case MimeBundle bundle:
                return bundle;
            case HtmlText html:
                return MimeBundle.Html(html.Text, html.Text);
            case Picture picture:
                return picture.ToBundle();
            case MarkdownText markdown:
                return new MimeBundle(new JsonObject { ["text/markdown"] = markdown.Text, ["text/plain"] = markdown.Text });
            case Exception exception:
                return MimeBundle.PlainText(StructureFormatter.Text(exception));
        }

        var type = value.GetType();
        // TorchSharp's tensors bring a formatter of their own, which prints every number.
        return TensorFormatter.TryFormat(value)
            ?? ConventionFormatters.TryFormat(value)
            ?? (IsSimple(type) || IsTorch(type) ? MimeBundle.PlainText(Plain(value)) : null)
            ?? DataFrameFormatter.TryFormat(value)
            ?? StructureFormatter.Format(value);
    }

    private static bool IsSimple(Type type) =>
        type.IsPrimitive || type.IsEnum || type == typeof(string) || type == typeof(decimal) || type == typeof(BigInteger) || type == typeof(Half)
        || type == typeof(DateTime) || type == typeof(DateTimeOffset) || type == typeof(DateOnly) || type == typeof(TimeOnly) || type == typeof(TimeSpan)
        || type == typeof(Guid) || type == typeof(Uri) || type == typeof(Version);

    /// <summary>Tensors and modules hold native memory: walking their properties would be slow, and wrong after disposal.</summary>
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
