// Reads a YAML file with one mapping as JSON; errors have the line.
using System.Globalization;
using System.Text.Json.Nodes;
using YamlDotNet.Core;
using YamlDotNet.Core.Events;
using YamlDocument = YamlDotNet.Core.Events.DocumentStart;
using YamlMark = YamlDotNet.Core.Mark;

namespace Llm360.Notebooks;

/// <summary>The subset of YAML in lm-eval's task files: mappings, lists and scalars.</summary>
/// <remarks>
/// Anchors, tags and several documents are refused, because a task with them needs more than data.
/// </remarks>
internal sealed class YamlMapping
{
    private const int Deepest = 16;

    private readonly Parser parser;
    private readonly string where;

    private YamlMapping(string text, string where) => (parser, this.where) = (new Parser(new StringReader(text)), where);

    /// <summary>Reads a mapping; an empty text gives an empty mapping.</summary>
    /// <exception cref="Llm360Exception">
    /// The text is not a mapping in this subset of YAML; the error has the line.
    /// </exception>
    public static JsonObject Read(string text, string where)
    {
        var reader = new YamlMapping(text, where);
        try
        {
            return reader.Document();
        }
        catch (YamlException e)
        {
            throw reader.Refused(e.Message.TrimEnd('.'), e.Start, e);
        }
    }

    private JsonObject Document()
    {
        parser.Consume<StreamStart>();
        if (parser.Accept<StreamEnd>(out _))
            return [];
        parser.Consume<YamlDocument>();
        var start = parser.Current!.Start;
        var value = Value(0) as JsonObject ?? throw Refused("it is not a mapping of keys to values", start);
        parser.Consume<DocumentEnd>();
        return parser.Accept<StreamEnd>(out _) ? value : throw Refused("it holds several documents", parser.Current!.Start);
    }

    private JsonNode? Value(int depth)
    {
        if (depth > Deepest)
            throw Refused("it is too deep", parser.Current!.Start);
        var parsed = parser.Consume<ParsingEvent>();
        if (parsed is AnchorAlias or NodeEvent { Anchor.IsEmpty: false })
            throw Refused("it has an anchor", parsed.Start);
        if (parsed is NodeEvent { Tag: { IsEmpty: false } tag })
        {
            throw Refused(tag.Value == "!function" ? "it calls a Python function, which is not run"
                : $"the tag \"{Printable.Value(tag.Value)}\" is not read", parsed.Start);
        }

        switch (parsed)
        {
            case MappingStart:
                var mapping = new JsonObject();
                while (!parser.TryConsume<MappingEnd>(out _))
                {
                    var key = parser.Consume<Scalar>();
                    if (mapping.ContainsKey(key.Value))
                        throw Refused($"the key \"{Printable.Value(key.Value)}\" is there twice", key.Start);
                    mapping[key.Value] = Value(depth + 1);
                }

                return mapping;
            case SequenceStart:
                var list = new JsonArray();
                while (!parser.TryConsume<SequenceEnd>(out _))
                    list.Add(Value(depth + 1));
                return list;
            default:
                var scalar = (Scalar)parsed;
                return scalar.Style == ScalarStyle.Plain ? Plain(scalar.Value) : JsonValue.Create(scalar.Value);
        }
    }

    // YAML 1.1's true, false and null in the forms of task files, numbers, and texts.
    private static JsonValue? Plain(string text) => text switch
    {
        "" or "null" or "~" => null,
        "true" or "True" => JsonValue.Create(true),
        "false" or "False" => JsonValue.Create(false),
        _ when long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var whole) => JsonValue.Create(whole),
        _ when double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) => JsonValue.Create(number),
        _ => JsonValue.Create(text),
    };

    private Llm360Exception Refused(string how, YamlMark at, Exception? inner = null) => new(
        $"The YAML file cannot be read: {how}.", FormattableString.Invariant($"{where}, line {at.Line}"),
        "Write the task as task.json; llm360 tasks show arc_easy shows one.", inner);
}
