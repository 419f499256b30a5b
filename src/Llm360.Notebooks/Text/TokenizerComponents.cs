// Checks that the stages of a tokenizer.json are those of byte-level BPE.
using System.Text.Json;

namespace Llm360.Notebooks;

/// <summary>
/// Refuses every unsupported stage and setting that would change the ids.
/// </summary>
internal static class TokenizerComponents
{
    /// <summary>Checks all stages; returns whether text is normalised to NFC.</summary>
    public static bool Check(JsonElement root, JsonPart at)
    {
        CheckModel(at.Object(root, "model"), at / "model", at);

        var (splitter, place) = (at.Object(root, "pre_tokenizer"), at / "pre_tokenizer");
        Refuse(at, root, "pre_tokenizer", TypeOf(splitter) != "ByteLevel");
        Refuse(place, splitter, "add_prefix_space", place.Boolean(splitter, "add_prefix_space", standard: null));
        Refuse(place, splitter, "use_regex", !place.Boolean(splitter, "use_regex", standard: true));

        Refuse(at, root, "decoder", TypeOf(at.Object(root, "decoder")) != "ByteLevel");
        if (Set(root, "post_processor", out var processor)) // ByteLevel changes only offsets
            Refuse(at, root, "post_processor", TypeOf(processor) != "ByteLevel" && !LeavesAlone(processor));
        var normalizes = Set(root, "normalizer", out var normalizer);
        if (normalizes)
            Refuse(at, root, "normalizer", TypeOf(normalizer) != "NFC");
        return normalizes;
    }

    private static void CheckModel(JsonElement model, JsonPart at, JsonPart parent)
    {
        if (TypeOf(model) != "BPE")
            throw (parent / "model").Unsupported("type", TypeOf(model) ?? "(none)");
        if (Set(model, "dropout", out var dropout))
            Refuse(at, model, "dropout", dropout.ValueKind != JsonValueKind.Number || dropout.GetDouble() != 0);
        foreach (var key in new[] { "continuing_subword_prefix", "end_of_word_suffix" })
            if (Set(model, key, out var affix))
                Refuse(at, model, key, affix.ValueKind != JsonValueKind.String || affix.GetString() != "");
        foreach (var key in new[] { "byte_fallback", "ignore_merges" })
            Refuse(at, model, key, at.Boolean(model, key, standard: false));
    }

    /// <summary>Whether a template puts nothing around a text.</summary>
    private static bool LeavesAlone(JsonElement processor) =>
        TypeOf(processor) == "TemplateProcessing"
        && processor.TryGetProperty("single", out var single) && single.ValueKind == JsonValueKind.Array
        && single.GetArrayLength() == 1 && single[0].ValueKind == JsonValueKind.Object && single[0].TryGetProperty("Sequence", out _);

    private static string? TypeOf(JsonElement component) =>
        component.ValueKind == JsonValueKind.Object && component.TryGetProperty("type", out var type)
            && type.ValueKind == JsonValueKind.String
            ? type.GetString()
            : null;

    private static bool Set(JsonElement parent, string key, out JsonElement value) =>
        parent.TryGetProperty(key, out value) && value.ValueKind != JsonValueKind.Null;

    private static void Refuse(JsonPart at, JsonElement parent, string key, bool refused)
    {
        if (!refused)
            return;
        const int shown = 120;
        var value = JsonSerializer.Serialize(parent.GetProperty(key)); // on one line
        throw at.Unsupported(key, value.Length <= shown ? value : value[..shown] + "...");
    }
}
