// Reads the part of YAML that lm-eval's task files use.
using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;

namespace Llm360.Notebooks;

/// <summary>Block mappings and lists, flow lists, quoted and plain scalars, literal and folded
/// texts.</summary>
/// <remarks>Anchors, tags, several documents and flow mappings are refused: a task with them needs
/// more than this.</remarks>
internal sealed class YamlSubset
{
    private const int Deepest = 16;

    private readonly string[] lines;
    private readonly string where;
    private int at;

    private YamlSubset(string text, string where) => (lines, this.where) = (text.ReplaceLineEndings("\n").Split('\n'), where);

    /// <summary>Reads a mapping.</summary>
    /// <exception cref="Llm360Exception">The text is no mapping of this part of YAML; the error has
    /// the line.</exception>
    public static JsonObject Read(string text, string where)
    {
        var reader = new YamlSubset(text, where);
        var value = reader.Next() ? reader.Block(0, 0) : new JsonObject();
        if (reader.Next())
            throw reader.Bad("a line is indented otherwise than those before");
        return value as JsonObject ?? throw reader.Bad("it is not a mapping of keys to values");
    }

    // Goes to the next line with content.
    private bool Next()
    {
        while (at < lines.Length && (lines[at].Trim() is "" or "---" || lines[at].TrimStart().StartsWith('#')))
            at++;
        return at < lines.Length;
    }

    private JsonNode? Block(int indent, int depth)
    {
        if (depth > Deepest)
            throw Bad("it is too deep");
        return IsEntry(lines[at][Indent()..]) ? List(indent, depth) : Mapping(indent, depth);
    }

    private JsonArray List(int indent, int depth)
    {
        var list = new JsonArray();
        while (Next() && Indent() == indent && IsEntry(lines[at][indent..]))
        {
            var rest = lines[at][(indent + 1)..].TrimStart();
            if (IsKey(rest))
            {
                // The mapping's first key stands behind the dash.
                var inner = lines[at].Length - rest.Length;
                lines[at] = new string(' ', inner) + rest;
                list.Add(Mapping(inner, depth + 1));
            }
            else
            {
                list.Add(Value(rest, indent, depth));
            }
        }

        return list;
    }

    private JsonObject Mapping(int indent, int depth)
    {
        var mapping = new JsonObject();
        while (Next() && Indent() == indent)
        {
            var line = lines[at][indent..];
            if (!IsKey(line))
                throw Bad("a key with a colon is expected");
            var colon = KeyEnd(line);
            var key = line[..colon].Trim().Trim('"', '\'');
            if (mapping.ContainsKey(key))
                throw Bad($"the key \"{Printable.Value(key)}\" is there twice");
            mapping[key] = Value(line[(colon + 1)..].Trim(), indent, depth);
        }

        return mapping;
    }

    // What stands behind a colon or dash, and in the deeper lines that follow.
    private JsonNode? Value(string text, int indent, int depth)
    {
        if (text.Length > 0 && text[0] is '|' or '>')
            return Folded(text, indent);
        var plain = text.Length > 0 && text[0] is '"' or '\'' or '[' ? text : Uncommented(text);
        if (plain.Length > 0)
        {
            var value = Scalar(plain);
            at++;
            return value;
        }

        at++;
        if (!Next() || Indent() < indent || (Indent() == indent && !IsEntry(lines[at][indent..])))
            return null;
        return Block(Indent(), depth + 1);
    }

    private JsonValue Folded(string mark, int indent)
    {
        var text = new List<string>();
        for (at++; at < lines.Length && (lines[at].Trim().Length == 0 || Indent() > indent); at++)
            text.Add(lines[at]);
        while (text.Count > 0 && text[^1].Trim().Length == 0)
            text.RemoveAt(text.Count - 1);
        var left = text.Where(l => l.Trim().Length > 0).Select(l => l.Length - l.TrimStart().Length).DefaultIfEmpty(0).Min();
        var joined = string.Join(mark[0] == '|' ? '\n' : ' ', text.Select(l => l.Length > left ? l[left..] : ""));
        return JsonValue.Create(mark.EndsWith('-') ? joined : joined + "\n");
    }

    private JsonNode? Scalar(string text)
    {
        if (text[0] is '!' or '&' or '*' or '{' or '%' or '@')
            throw Bad(text.StartsWith("!function", StringComparison.Ordinal) ? "it calls a Python function, which is not run"
                : $"\"{Printable.Value(text)}\" is not read");
        if (text[0] == '[')
            return Flow(text);
        if (text[0] is '"' or '\'')
            return Quoted(text, out var end) is var quoted
                && Uncommented(text[end..]).Length == 0 ? JsonValue.Create(quoted) : throw Bad("something follows a quoted text");
        return text switch
        {
            "true" or "True" => JsonValue.Create(true),
            "false" or "False" => JsonValue.Create(false),
            "null" or "~" => null,
            _ when long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var whole) =>
                JsonValue.Create(whole),
            _ when double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) => JsonValue.Create(number),
            _ => JsonValue.Create(text),
        };
    }

    private JsonArray Flow(string text)
    {
        var list = new JsonArray();
        for (var i = 1; ;)
        {
            while (i < text.Length && text[i] is ' ' or ',')
                i++;
            if (i >= text.Length)
                throw Bad("a list does not end on its line");
            if (text[i] == ']')
                return Uncommented(text[(i + 1)..]).Length == 0 ? list : throw Bad("something follows a list");
            if (text[i] is '"' or '\'')
            {
                list.Add(Quoted(text[i..], out var end));
                i += end;
                continue;
            }

            var stop = text.IndexOfAny([',', ']'], i);
            if (stop < 0)
                throw Bad("a list does not end on its line");
            list.Add(Scalar(text[i..stop].Trim()));
            i = stop;
        }
    }

    private string Quoted(string text, out int end)
    {
        var (quote, result) = (text[0], new StringBuilder());
        for (var i = 1; i < text.Length; i++)
        {
            var c = text[i];
            if (c == quote && quote == '\'' && i + 1 < text.Length && text[i + 1] == '\'')
                result.Append(text[++i]);
            else if (c == quote)
            {
                end = i + 1;
                return result.ToString();
            }
            else if (c == '\\' && quote == '"' && i + 1 < text.Length)
            {
                result.Append(text[++i] switch
                {
                    'n' => '\n', 't' => '\t', 'r' => '\r', '"' => '"', '\\' => '\\', '/' => '/',
                    var other => throw Bad($"the escape \\{other} is not read"),
                });
            }
            else
                result.Append(c);
        }

        throw Bad("a quoted text does not end on its line");
    }

    private static string Uncommented(string text) =>
        (text.StartsWith('#') ? "" : text.IndexOf(" #", StringComparison.Ordinal) is var comment and >= 0 ? text[..comment] : text).Trim();

    private static bool IsEntry(string line) => line is "-" || line.StartsWith("- ", StringComparison.Ordinal);

    private static bool IsKey(string line) => line.Length > 0 && line[0] is not ('"' or '\'' or '[' or '{' or '!') && KeyEnd(line) > 0;

    private static int KeyEnd(string line) =>
        line.EndsWith(':') && !line.Contains(": ", StringComparison.Ordinal) ? line.Length - 1
            : line.IndexOf(": ", StringComparison.Ordinal);

    private int Indent()
    {
        var spaces = lines[at].Length - lines[at].TrimStart(' ').Length;
        return lines[at].AsSpan(spaces).StartsWith("\t") ? throw Bad("it is indented with a tab") : spaces;
    }

    private Llm360Exception Bad(string how) => new(
        $"The YAML file cannot be read: {how}.", FormattableString.Invariant($"{where}, line {Math.Min(at, lines.Length - 1) + 1}"),
        "Write the task as task.json; llm360 tasks show arc_easy shows one.");
}
