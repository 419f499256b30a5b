// A small Amber on the fake Hub, from the goldens in tests/fixtures/memorization.
using System.Text;

namespace Llm360.Notebooks.Tests;

/// <summary>Adds <c>LLM360/Amber</c> and <c>LLM360/AmberDatasets</c> to a fake Hub.</summary>
internal static class ImitationAmber
{
    public const string Models = "LLM360/Amber";
    public const string Data = "datasets/LLM360/AmberDatasets";

    /// <summary>The size of a real chunk in bytes.</summary>
    private const long ChunkLength = 20_800_000_000;

    /// <summary>The golden rows, one line each.</summary>
    public static IReadOnlyList<string> Rows => File.ReadAllLines(Fixture("rows.jsonl"));

    /// <summary>Adds the revisions of two checkpoints: <c>ckpt_143</c> (golden 000) and <c>main</c>
    /// (golden 001). Only <c>main</c> has a tokenizer, as on the Hub.</summary>
    public static ImitationHub AddCheckpoints(this ImitationHub hub) => hub
        .AddFolder(Models, "ckpt_143", Fixture("ckpt_000"))
        .AddFolder(Models, HubLocation.Main, Fixture("ckpt_001"))
        .Add(Models, HubLocation.Main, "tokenizer.model",
            HubContent.Large(File.ReadAllBytes(Path.Combine(Workspace.Repository!, "tests", "fixtures", "tokenizer", "small.model"))))
        .Add(Models, HubLocation.Main, "README.md", HubContent.Small(Encoding.UTF8.GetBytes("# Not fetched")));

    /// <summary>Adds all of Amber: 360 revisions and 360 chunks. Revisions before <c>ckpt_200</c>
    /// are one golden checkpoint, the others are the other one.</summary>
    public static ImitationHub AddAll(this ImitationHub hub)
    {
        hub.AddCheckpoints();
        for (var i = 0; i < 360; i++)
            hub.AddChunk(i);
        for (var i = 0; i < 359; i++)
            hub.AddFolder(Models, $"ckpt_{i:000}", Fixture(i < 200 ? "ckpt_000" : "ckpt_001"));
        return hub;
    }

    /// <summary>Adds a chunk of Amber's size that repeats the golden rows.</summary>
    public static ImitationHub AddChunk(this ImitationHub hub, int chunk) =>
        hub.Add(Data, HubLocation.Main, $"train/train_{chunk:000}.jsonl",
            HubContent.Endless(Encoding.UTF8.GetBytes(string.Join('\n', Rows) + "\n"), ChunkLength + chunk));

    public static string Fixture(string name) => Path.Combine(Workspace.Repository!, "tests", "fixtures", "memorization", name);
}
