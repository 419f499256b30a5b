// The structure of a value as nested tables or text, bounded: values may contain themselves.
using System.Net;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Llm360.Notebooks.Kernel.Execution;
using Microsoft.DotNet.Interactive.Formatting;

namespace Llm360.Notebooks.Kernel.Display;

/// <summary>Formats with .NET Interactive's formatters, which descend without a limit. Cuts values
/// that are too deep or too long.</summary>
internal static class StructureFormatter
{
    // A list of lists takes 1 KB of stack for each level.
    private const int MaxStackBytes = 256 << 10;
    private const int MaxCharacters = 4 << 20;

    private const string WhyCut = "cut because it contains itself, is nested too deeply or is too long";

    // The length of the text of a value that was cut: enough to recognise the value.
    private const int CutCharacters = 500;

    // This class registers the formatters for these types, below. Cells do not.
    private static readonly Type[] OwnTypes = [typeof(Exception), typeof(JsonNode)];

    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true };

    /// <summary>HTML and plain text; plain text alone for a value that is nested too deeply or too
    /// long.</summary>
    public static MimeBundle Format(object value)
    {
        var (text, textIsWhole) = Write(value, PlainTextFormatter.MimeType);
        if (!textIsWhole)
            return MimeBundle.PlainText($"{SafeText.TypeName(value.GetType())}, {WhyCut}:\n{text} ...");
        var (html, htmlIsWhole) = Write(value, HtmlFormatter.MimeType);
        return htmlIsWhole ? MimeBundle.Html(html, text) : MimeBundle.PlainText(text);
    }

    /// <summary>Whether cells have registered a formatter for the type.</summary>
    public static bool IsRegistered(Type type) =>
        Formatter.RegisteredFormatters(includeDefaults: false).Any(formatter =>
            !OwnTypes.Contains(formatter.Type) && formatter.Type.IsAssignableFrom(type));

    /// <summary>The value as formatted by what cells registered with <c>Formatter.Register</c>;
    /// null if they registered nothing for it.</summary>
    public static MimeBundle? TryRegistered(object value)
    {
        if (!IsRegistered(value.GetType()))
            return null;
        var types = Formatter.GetPreferredMimeTypesFor(value.GetType()).ToList();
        return As(value, types.Count > 0 ? types : [HtmlFormatter.MimeType], MimeBundle.PlainText(""));
    }

    /// <summary>The value in some MIME types, and as plain text.</summary>
    /// <param name="value">Anything.</param>
    /// <param name="mimeTypes">The types.</param>
    /// <param name="whole">The value in all its own MIME types. Its content is used for the types
    /// it has.</param>
    public static MimeBundle As(object? value, IEnumerable<string> mimeTypes, MimeBundle whole)
    {
        var data = new JsonObject();
        foreach (var mime in mimeTypes.Append(PlainTextFormatter.MimeType).Distinct())
        {
            if (whole.Data[mime] is { } own && own.ToString().Length > 0)
            {
                data[mime] = own.DeepClone();
            }
            else if (mime == "application/json" || MimeBundle.IsJson(mime))
            {
                data[mime] = JsonSerializer.SerializeToNode(value);
            }
            else
            {
                var (text, isWhole) = Write(value!, mime);
                data[mime] = isWhole ? text : $"{text} ...";
            }
        }

        return new MimeBundle(data, whole.Metadata);
    }

    /// <summary>An exception with its causes.</summary>
    public static string Text(Exception exception) =>
        string.Join('\n', RuntimeErrors.From(exception, "", Environment.CurrentDirectory).Traceback);

    // The default formatters for these types descend without a limit and write nothing until they
    // end.
    // A cell that calls Formatter.ResetToDefault restores them.
    private static void RequireOwn()
    {
        lock (OwnTypes)
        {
            if (Formatter.RegisteredFormatters(includeDefaults: false).Any(formatter => formatter.Type == typeof(Exception)))
                return;
            Register(HtmlFormatter.MimeType, Html);
            Register(PlainTextFormatter.MimeType, text => text);
        }
    }

    private static void Register(string mime, Func<string, string> encode)
    {
        Formatter.Register<Exception>((value, writer) => writer.Write(encode(Text(value))), mime);
        Formatter.Register<JsonNode>((value, writer) => writer.Write(encode(Text(value))), mime);
    }

    private static string Text(JsonNode json)
    {
        try
        {
            return json.ToJsonString(Indented);
        }
        catch (InvalidOperationException)
        {
            return $"{json.GetType().Name}, nested too deeply to be shown";
        }
    }

    private static string Html(string text) => $"<pre>{WebUtility.HtmlEncode(text)}</pre>";

    private static (string Text, bool IsWhole) Write(object value, string mime)
    {
        RequireOwn();
        using var writer = new BoundedWriter();
        try
        {
            using var context = new FormatContext(writer);
            value.FormatTo(context, mime);
        }
        catch (Exception) when (writer.IsFull)
        {
            // The writer's own exception, or one that a formatter made of it.
        }

        return writer.IsFull ? (SafeText.Cut(writer.ToString(), CutCharacters), false) : (writer.ToString(), true);
    }

    /// <summary>Throws once the text is too long or the stack is too deep, and at every later
    /// write.</summary>
    private sealed unsafe class BoundedWriter : TextWriter
    {
        private readonly StringBuilder text = new();
        private readonly nint start;

        public BoundedWriter()
        {
            byte local;
            start = (nint)(&local);
        }

        public bool IsFull { get; private set; }

        public override Encoding Encoding => Encoding.Unicode;

        public override void Write(char value) => Write([value]);

        public override void Write(string? value) => Write(value.AsSpan());

        public override void Write(char[] buffer, int index, int count) => Write(buffer.AsSpan(index, count));

        public override void Write(ReadOnlySpan<char> buffer)
        {
            byte local;
            if (!IsFull)
                text.Append(buffer[..Math.Min(buffer.Length, MaxCharacters - text.Length)]);
            IsFull |= start - (nint)(&local) > MaxStackBytes || text.Length == MaxCharacters;
            if (IsFull)
                throw new InvalidOperationException("The value is nested too deeply or too long.");
        }

        public override string ToString() => text.ToString();
    }
}
