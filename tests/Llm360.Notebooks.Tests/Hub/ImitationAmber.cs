// Amber in small on the imitation of the Hub: the golden checkpoints and rows of tests/fixtures/memorization under Amber's names.
using System.Text;

namespace Llm360.Notebooks.Tests;

/// <summary>Fills an imitation with <c>LLM360/Amber</c> and <c>LLM360/AmberDatasets</c>.</summary>
internal static class ImitationAmber
{
    public const string Models = "LLM360/Amber";
    public const string Data = "datasets/LLM360/AmberDatasets";

    /// <summary>Of a real chunk.</summary>
    private const long ChunkLength = 20_800_000_000;

    /// <summary>The golden rows, a line each.</summary>
    public static IReadOnlyList<string> Rows => File.ReadAllLines(Fixture("rows.jsonl"));

    /// <summary>The revisions of two checkpoints, <c>ckpt_143</c> (golden 000) and <c>main</c> (golden 001); a tokenizer in <c>main</c> alone, as on the Hub.</summary>
    public static ImitationHub AddCheckpoints(this ImitationHub hub) => hub
        .AddFolder(Models, "ckpt_143", Fixture("ckpt_000"))
        .AddFolder(Models, HubLocation.Main, Fixture("ckpt_001"))
        .Add(Models, HubLocation.Main, "tokenizer.model",
            HubContent.Large(File.ReadAllBytes(Path.Combine(Workspace.Repository!, "tests", "fixtures", "tokenizer", "small.model"))))
        .Add(Models, HubLocation.Main, "README.md", HubContent.Small(Encoding.UTF8.GetBytes("# Not fetched")));

    /// <summary>All of Amber: 360 revisions, those before <c>ckpt_200</c> the one golden checkpoint and the others the other, and 360 chunks.</summary>
    public static ImitationHub AddAll(this ImitationHub hub)
    {
        hub.AddCheckpoints();
        for (var i = 0; i < 360; i++)
            hub.AddChunk(i);
        for (var i = 0; i < 359; i++)
            hub.AddFolder(Models, $"ckpt_{i:000}", Fixture(i < 200 ? "ckpt_000" : "ckpt_001"));
        return hub;
    }

    /// <summary>A chunk as long as Amber's that begins with the golden rows, again and again.</summary>
    public static ImitationHub AddChunk(this ImitationHub hub, int chunk) =>
        hub.Add(Data, HubLocation.Main, $"train/train_{chunk:000}.jsonl",
            HubContent.Endless(Encoding.UTF8.GetBytes(string.Join('\n', Rows) + "\n"), ChunkLength + chunk));

    public static string Fixture(string name) => Path.Combine(Workspace.Repository!, "tests", "fixtures", "memorization", name);
}
