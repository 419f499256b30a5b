// From a value to what is shown of it.
using System.Globalization;
using System.Numerics;
using System.Text.Json.Nodes;
using Microsoft.DotNet.Interactive.Formatting;

namespace Llm360.Notebooks.Kernel.Display;

/// <summary>Decides how a value shows: by its own formatters, as plain text, as a table, or by its structure.</summary>
public static class ValueFormatter
{
    /// <summary>The value in every MIME type it has; <c>text/plain</c> is always there.</summary>
    public static MimeBundle Format(object? value)
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
        }

        var type = value.GetType();
        // TorchSharp's tensors bring a formatter of their own, which prints every number.
        return TensorFormatter.TryFormat(value)
            ?? ConventionFormatters.TryFormat(value)
            ?? (IsSimple(type) || IsTorch(type) ? MimeBundle.PlainText(Plain(value)) : null)
            ?? DataFrameFormatter.TryFormat(value)
            ?? MimeBundle.Html(value.ToDisplayString(HtmlFormatter.MimeType), value.ToDisplayString(PlainTextFormatter.MimeType));
    }

    /// <summary>The value as text, numbers in the invariant culture.</summary>
    internal static string Plain(object value) =>
        value is IFormattable formattable ? formattable.ToString(null, CultureInfo.InvariantCulture) : value.ToString() ?? "";

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
