// Reads Python's text of lists, dictionaries, texts and whole numbers, without Python.
using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;

namespace Llm360.Notebooks;

/// <summary>A subset of <c>ast.literal_eval</c>.</summary>
internal ref struct PythonLiteral
{
    private const int Deepest = 32;

    private readonly string text;
    private readonly TaskItem item;
    private int at;

    private PythonLiteral(string text, TaskItem item) => (this.text, this.item) = (text, item);

    /// <summary>Reads a literal.</summary>
    /// <exception cref="Llm360Exception">The text is not a literal of these kinds.</exception>
    public static JsonNode Read(string text, TaskItem item)
    {
        var reader = new PythonLiteral(text, item);
        var value = reader.Value(0);
        reader.SkipSpace();
        return reader.at == text.Length ? value : throw reader.Bad("something follows the literal");
    }

    private JsonNode Value(int depth)
    {
        if (depth > Deepest)
            throw Bad("it is too deep");
        SkipSpace();
        return Peek() switch
        {
            '[' => List(depth),
            '{' => Fields(depth),
            '\'' or '"' => Text(),
            '-' or (>= '0' and <= '9') => Number(),
            _ => throw Bad("a list, dictionary, text or number is expected"),
        };
    }

    private JsonArray List(int depth)
    {
        var list = new JsonArray();
        for (at++; !Ends(']', list.Count);)
            list.Add(Value(depth + 1));
        return list;
    }

    private JsonObject Fields(int depth)
    {
        var fields = new JsonObject();
        for (at++; !Ends('}', fields.Count);)
        {
            SkipSpace();
            var key = Text();
            SkipSpace();
            if (Peek() != ':')
                throw Bad("a colon is expected");
            at++;
            fields[key] = Value(depth + 1);
        }

        return fields;
    }

    // Whether the closing mark is next; otherwise moves past the comma before the next value.
    private bool Ends(char mark, int count)
    {
        SkipSpace();
        if (Peek() == ',' && count > 0)
        {
            at++;
            SkipSpace();
        }
        else if (Peek() != mark && count > 0)
        {
            throw Bad("a comma is expected");
        }

        if (Peek() != mark)
            return false;
        at++;
        return true;
    }

    private string Text()
    {
        var quote = Peek();
        if (quote is not ('\'' or '"'))
            throw Bad("a text is expected");
        var result = new StringBuilder();
        for (at++; Peek() != quote;)
        {
            var c = Peek();
            at++;
            if (c is '\0' or '\n')
                throw Bad("a text does not end");
            if (c == '\\')
                Escape(result);
            else
                result.Append(c);
        }

        at++;
        return result.ToString();
    }

    private void Escape(StringBuilder result)
    {
        var c = Peek();
        at++;
        switch (c)
        {
            case 'n': result.Append('\n'); break;
            case 't': result.Append('\t'); break;
            case 'r': result.Append('\r'); break;
            case '\\' or '\'' or '"': result.Append(c); break;
            case 'x': result.Append(char.ConvertFromUtf32(Hex(2))); break;
            case 'u': result.Append((char)Hex(4)); break;
            case 'U': result.Append(Hex(8) is var code and >= 0 and <= 0x10FFFF
                && code is < 0xD800 or > 0xDFFF ? char.ConvertFromUtf32(code) : throw Bad("an escape is no character")); break;
            default: throw Bad($"the escape \\{c} is not read");
        }
    }

    private int Hex(int digits)
    {
        if (at + digits > text.Length || !int.TryParse(text.AsSpan(at, digits), NumberStyles.AllowHexSpecifier,
            CultureInfo.InvariantCulture, out var code))
            throw Bad("an escape needs hexadecimal digits");
        at += digits;
        return code;
    }

    private JsonValue Number()
    {
        var start = at++;
        while (Peek() is >= '0' and <= '9')
            at++;
        return long.TryParse(text.AsSpan(start, at - start), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number)
            ? JsonValue.Create(number) : throw Bad("a number is not whole");
    }

    private readonly char Peek() => at < text.Length ? text[at] : '\0';

    private void SkipSpace()
    {
        while (at < text.Length && PythonText.IsSpace(text[at]))
            at++;
    }

    private readonly Llm360Exception Bad(string how) => item.Error($"\"problems\" is no Python literal: {how} at character {at}");
}
