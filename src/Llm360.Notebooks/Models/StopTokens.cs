// Which tokens end a text, as a checkpoint's files say.
using System.Text.Json;
using Llm360.Notebooks.Suites;

namespace Llm360.Notebooks.Models;

/// <summary>Reads <c>eos_token_id</c>, a number or a list of them.</summary>
public static class StopTokens
{
    internal const string GenerationConfig = "generation_config.json";

    /// <summary>The end tokens of a checkpoint: of <c>generation_config.json</c> where it names any, else of <c>config.json</c>; none where neither does.</summary>
    /// <exception cref="Llm360Exception">A file is broken.</exception>
    public static IReadOnlyCollection<int> Read(string folder)
    {
        foreach (var path in new[] { Path.Combine(folder, GenerationConfig), Path.Combine(folder, SuiteLayout.Config) }.Where(File.Exists))
        {
            try
            {
                using var json = JsonDocument.Parse(File.ReadAllBytes(path));
                if (json.RootElement.TryGetProperty("eos_token_id", out var ids) && ids.ValueKind != JsonValueKind.Null)
                    return ids.ValueKind == JsonValueKind.Array ? [.. ids.EnumerateArray().Select(i => i.GetInt32())] : [ids.GetInt32()];
            }
            catch (Exception e) when (e is JsonException or InvalidOperationException or FormatException)
            {
                throw new Llm360Exception($"eos_token_id is broken: {e.Message}", path, "Fetch the file again.", e);
            }
        }

        return [];
    }
}
