// The JSON of rows: one row per line, as in this kit's and Amber's chunks and Amber's analyses.
using System.Buffers;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Llm360.Notebooks;

/// <summary>Converts between <see cref="TokenRow"/> and a line of JSON.</summary>
internal static class RowFormat
{
    /// <summary>Adds the row and a line feed.</summary>
    public static void Write(IBufferWriter<byte> output, TokenRow row)
    {
        using (var json = new Utf8JsonWriter(output))
        {
            json.WriteStartObject();
            Numbers(json, "token_ids", row.TokenIds);
            json.WriteString("source", row.Source);
            Numbers(json, "documents", row.Documents);
            if (row.Canary is { } canary)
            {
                json.WriteStartObject("canary");
                json.WriteString("id", canary.Id);
                json.WriteNumber("repetitions", canary.Repetitions);
                json.WriteEndObject();
            }

            json.WriteEndObject();
        }

        output.Write("\n"u8);
    }

    /// <summary>Reads one line.</summary>
    /// <exception cref="JsonException">It is not a row; the message says why.</exception>
    public static TokenRow Read(ReadOnlySpan<byte> line)
    {
        if (line.TrimStart(" \t"u8) is [(byte)'[', ..])
            return new TokenRow(Checked(JsonSerializer.Deserialize(line, RowJson.Default.Int32Array)!), "", [], null);
        var row = JsonSerializer.Deserialize(line, RowJson.Default.RowFields) ?? throw new JsonException("The row is null.");
        int[] tokens = row.TokenIds ?? (row.Prompt is not null && row.Continuation is not null ? [.. row.Prompt, .. row.Continuation]
            : throw new JsonException("The row has neither \"token_ids\" nor \"prompt\" and \"continuation\"."));
        Checked(tokens);
        var mark = row.Canary is not { } canary ? null
            : canary.Id is { } id && canary.Repetitions is { } repetitions ? new CanaryMark(id, repetitions)
            : throw new JsonException("The row's \"canary\" lacks \"id\" or \"repetitions\".");
        int? promptLength = row.TokenIds is null ? row.Prompt!.Length : null;
        return new TokenRow(tokens, row.Source ?? "", row.Documents ?? [], mark) { PromptLength = promptLength };
    }

    private static int[] Checked(int[] tokens) =>
        tokens.AsSpan().IndexOfAnyExceptInRange(0, int.MaxValue) is var at and >= 0
            ? throw new JsonException($"Token {at} of the row is {tokens[at]}.")
            : tokens;

    private static void Numbers(Utf8JsonWriter json, string name, int[] values)
    {
        json.WriteStartArray(name);
        foreach (var value in values)
            json.WriteNumberValue(value);
        json.WriteEndArray();
    }

    internal sealed record RowFields(
        int[]? TokenIds, string? Source, int[]? Documents, CanaryFields? Canary, int[]? Prompt, int[]? Continuation);

    internal sealed record CanaryFields(string? Id, int? Repetitions);
}

/// <summary>Serializer code for rows, generated at compile time to avoid reflection.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
[JsonSerializable(typeof(RowFormat.RowFields))]
[JsonSerializable(typeof(int[]))]
internal sealed partial class RowJson : JsonSerializerContext;
