// The end tokens of a text, from a checkpoint's files.
using System.Text.Json;

namespace Llm360.Notebooks;

/// <summary>Reads <c>eos_token_id</c>, a number or a list of numbers.</summary>
internal static class StopTokens
{
    internal const string GenerationConfig = "generation_config.json";

    /// <summary>
    /// The end tokens of a checkpoint, from <c>generation_config.json</c> if it names any, else
    /// from <c>config.json</c>. Empty if neither names any.
    /// </summary>
    /// <exception cref="Llm360Exception">A file is malformed.</exception>
    public static IReadOnlyCollection<int> Read(string folder)
    {
        foreach (var path in new[] { Path.Combine(folder, GenerationConfig), Path.Combine(folder, SuiteLayout.Config) }.Where(File.Exists))
        {
            var kind = ConfigReader.Kind with { Name = Path.GetFileName(path) };
            using var json = JsonInput.Document(path, kind);
            if (JsonPlace.Root(json, path, kind).Find("eos_token_id") is { IsNull: false } ids)
                return ids.Value.ValueKind == JsonValueKind.Array ? [.. ids.Items().Select(i => i.Int32())] : [ids.Int32()];
        }

        return [];
    }
}
