// Writes small tokenizer.json files for tests.
using System.Text.Json.Nodes;

namespace Llm360.Notebooks.Tests;

internal static class TokenizerFile
{
    /// <summary>A byte-level vocabulary with the given merges and <c>&lt;|endoftext|&gt;</c> as the
    /// last token.</summary>
    public static JsonObject Make(params (string Left, string Right)[] merges)
    {
        var vocabulary = new JsonObject();
        var bytes = Enumerable.Range(0, 256).Select(b => ByteAlphabet.CharacterOf((byte)b).ToString());
        foreach (var token in bytes.Concat(merges.Select(m => m.Left + m.Right)))
            vocabulary[token] = vocabulary.Count;
        return new JsonObject
        {
            ["added_tokens"] = new JsonArray(Added("<|endoftext|>", vocabulary.Count)),
            ["normalizer"] = new JsonObject { ["type"] = "NFC" },
            ["pre_tokenizer"] = new JsonObject { ["type"] = "ByteLevel", ["add_prefix_space"] = false },
            ["post_processor"] = null,
            ["decoder"] = new JsonObject { ["type"] = "ByteLevel" },
            ["model"] = new JsonObject
            {
                ["type"] = "BPE",
                ["vocab"] = vocabulary,
                ["merges"] = new JsonArray([.. merges.Select(m => new JsonArray(m.Left, m.Right))]),
            },
        };
    }

    public static JsonObject Added(string content, int id, bool normalized = false) =>
        new() { ["content"] = content, ["id"] = id, ["normalized"] = normalized };

    /// <summary>Writes the file to a folder and loads it.</summary>
    public static ByteLevelBpeTokenizer Load(this JsonObject json, TemporaryFolder folder)
    {
        File.WriteAllText(folder["tokenizer.json"], json.ToJsonString());
        return ByteLevelBpeTokenizer.Load(folder["tokenizer.json"]);
    }
}
