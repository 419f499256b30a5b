// Long lists of simple values such as numbers and texts: the beginning, and a fold-out with more.
using System.Collections;
using System.Globalization;
using System.Net;
using System.Text;

namespace Llm360.Notebooks.Kernel.Display;

internal static class ListFormatter
{
    private const int Shown = 20, Opened = 2000, ValueCharacters = 500;

    /// <summary>The list; null for a short or lazily computed one, and for any other
    /// value.</summary>
    public static MimeBundle? TryFormat(object value)
    {
        if (value is not ICollection { Count: > Shown } list || value is IDictionary
            || TableFormatter.ElementType(value.GetType()) is not { } type
            || !ValueFormatter.IsSimple(Nullable.GetUnderlyingType(type) ?? type) || StructureFormatter.IsRegistered(type))
        {
            return null;
        }

        var items = list.Cast<object?>().Take(Opened).Select(Text).ToList();
        var count = list.Count.ToString("N0", CultureInfo.InvariantCulture);
        var begin = string.Create(CultureInfo.InvariantCulture,
            $"[ {string.Join(", ", items.Take(Shown))}, ... ({list.Count - Shown:N0} more) ]");
        var html = new StringBuilder($"<div><pre>{WebUtility.HtmlEncode(begin)}</pre><details><summary>");
        html.Append(list.Count > Opened ? $"the first {Opened:N0} of {count} items" : $"all {count} items")
            .Append("</summary><ol start=\"0\" style=\"max-height:30em;overflow:auto\">");
        foreach (var item in items)
            html.Append("<li>").Append(WebUtility.HtmlEncode(item)).Append("</li>");
        return MimeBundle.Html(html.Append("</ol></details></div>").ToString(), begin);
    }

    private static string Text(object? value)
    {
        var text = value is null ? "null" : ValueFormatter.Plain(value);
        return text.Length > ValueCharacters ? SafeText.Cut(text, ValueCharacters) + " ..." : text;
    }
}
