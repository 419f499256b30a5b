// Limits bundles to what front ends accept: a size for each MIME type and a depth for JSON.
using System.Globalization;
using System.Text.Json.Nodes;

namespace Llm360.Notebooks.Kernel.Display;

/// <summary>Cuts plain text that is too long and leaves out other content that is too long, each
/// with a note. Leaves out JSON that is nested too deeply to be written.</summary>
internal static class BundleLimit
{
    // The serializer writes at most 64 levels, including those of the message.
    private const int MaxJsonDepth = 50;

    /// <summary>The bundle, or one that says what was cut.</summary>
    public static MimeBundle Apply(MimeBundle bundle)
    {
        if (bundle is not { Data: { } data, Metadata: { } metadata })
            return MimeBundle.PlainText("a bundle without data");
        var notes = data.Select(form => (form.Key, Note: Note(form.Key, form.Value))).Where(form => form.Note is not null).ToList();
        var odd = !IsShallow(metadata);
        if (notes.Count == 0 && !odd)
            return bundle;
        var kept = new JsonObject();
        foreach (var (mime, content) in data)
        {
            if (!notes.Exists(note => note.Key == mime))
                kept[mime] = content?.DeepClone();
        }

        // Plain text can be cut. A table or picture cannot, so it is left out.
        var text = data["text/plain"] is JsonValue value && value.TryGetValue<string>(out var plain) ? plain : "";
        text = SafeText.Cut(text, SafeText.MaxCharacters);
        kept["text/plain"] = string.Join('\n', notes.Select(note => note.Note).Prepend(text).Where(line => line!.Length > 0));
        return new MimeBundle(kept, odd ? [] : metadata);
    }

    private static string? Note(string mime, JsonNode? content)
    {
        if (content is not JsonValue value || !value.TryGetValue<string>(out var text))
            return IsShallow(content) ? null : $"({mime} is nested more than {MaxJsonDepth} levels deep: left out)";
        if (text.Length <= SafeText.MaxCharacters)
            return null;
        var what = mime == "text/plain" ? "cut after" : "left out, the limit is";
        return string.Create(CultureInfo.InvariantCulture, $"({mime} of {text.Length:N0} characters: {what} {SafeText.MaxCharacters:N0})");
    }

    // Not recursive, because the JSON may be nested too deeply for the stack.
    private static bool IsShallow(JsonNode? root)
    {
        var left = new Stack<(JsonNode? Node, int Depth)>([(root, 0)]);
        while (left.TryPop(out var next))
        {
            if (next.Depth > MaxJsonDepth)
                return false;
            var children = next.Node switch
            {
                JsonObject fields => fields.Select(field => field.Value),
                JsonArray items => items,
                _ => (IEnumerable<JsonNode?>)[],
            };
            foreach (var child in children)
            {
                if (child is JsonObject or JsonArray)
                    left.Push((child, next.Depth + 1));
            }
        }

        return true;
    }
}
