// "Things to try" of every notebook on pico: each suggestion runs and changes the output.
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Llm360.Notebooks.Kernel.Display;
using Llm360.Notebooks.Kernel.Documents;
using Llm360.Notebooks.Kernel.Execution;

namespace Llm360.Notebooks.EndToEnd;

[Collection(typeof(InProcessTests))]
public sealed partial class ThingsToTryTests(InProcess home)
{
    private static readonly string Folder = Path.Combine(Workspace.Repository!, "notebooks");

    // Parameters that reduce the work. No suggestion changes these parameters.
    private static readonly Dictionary<string, string> Less = new()
    {
        ["04-memorization-in-depth.ipynb"] = "every = 2",
        ["05-attribution.ipynb"] = "checkpoints = 1",
    };

    public static TheoryData<string> Names => [.. Directory.GetFiles(Folder, "*.ipynb").Select(f => Path.GetFileName(f))
        .Order(StringComparer.Ordinal)];

    [Theory]
    [MemberData(nameof(Names))]
    public async Task Each_suggestion_runs_and_changes_what_is_shown(string name)
    {
        var cells = NotebookFile.Read(Path.Combine(Folder, name)).Cells;
        var suggestions = Suggestion.Read(cells[^1].Source);
        Assert.NotEmpty(suggestions);
        List<NotebookCell> code = [.. cells.Where(c => c.Type == CellType.Code)];
        var shown = new Outputs();
        using var session = new CSharpSession(shown, new SessionOptions { WorkingDirectory = Folder });
        List<string> given = Less.TryGetValue(name, out var less) ? [less] : [];
        var usual = await RunAsync(session, shown, code.ConvertAll(c => c.Source), given);
        // The second run reads from the store what the first run computed, with equal results.
        Assert.Equal(usual, await RunAsync(session, shown, code.ConvertAll(c => c.Source), given));
        foreach (var suggestion in suggestions)
        {
            switch (suggestion.Kind)
            {
                case SuggestionKind.Recipe:
                    await TrainAsync(name, suggestion);
                    break;
                case SuggestionKind.Expression:
                    var end = await RunAsync(session, shown, suggestion.Code, null);
                    Assert.True(end.Count == 1 && end[0].Length > 0, suggestion.Text);
                    break;
                case SuggestionKind.Replacement:
                    Assert.Contains(code, c => c.Source.Contains(suggestion.Code[1], StringComparison.Ordinal));
                    var replaced = code.ConvertAll(c => c.Source.Replace(suggestion.Code[1], suggestion.Code[0], StringComparison.Ordinal));
                    Assert.True(!usual.SequenceEqual(await RunAsync(session, shown, replaced, given)), suggestion.Text);
                    break;
                default:
                    Assert.True(!usual.SequenceEqual(await RunAsync(session, shown, code.ConvertAll(c => c.Source),
                        [.. given, .. suggestion.Code])), suggestion.Text);
                    break;
            }
        }
    }

    [Theory]
    [InlineData("- Try `n = 16`, `k = 8`. See `x`.", "Parameters", "n = 16|k = 8")]
    [InlineData("- `a.B(1)` in place of `a.B(2)`: more.", "Replacement", "a.B(1)|a.B(2)")]
    [InlineData("- `\"seed\": 7`, `\"share\": 0.5`: copy `suite.json`.", "Recipe", "\"seed\": 7|\"share\": 0.5")]
    [InlineData("- `f(x)` shows `y`.", "Expression", "f(x)")]
    public void A_suggestion_says_what_to_change(string text, string kind, string code)
    {
        var suggestion = Assert.Single(Suggestion.Read($"## Things to try\n\n{text}\n\nMore text with `code = 1`."));
        Assert.Equal((kind, code), (suggestion.Kind.ToString(), string.Join('|', suggestion.Code)));
    }

    /// <summary>Runs the cells on pico, with values after the cell of the parameters.</summary>
    /// <returns>The output of each cell, without the counts of cells from the store.</returns>
    private static async Task<List<string>> RunAsync(CSharpSession session, Outputs outputs, IReadOnlyList<string> cells,
        IReadOnlyList<string>? values)
    {
        var shown = new List<string>();
        foreach (var (i, cell) in cells.Index())
        {
            outputs.Texts.Clear();
            var given = i == 0 && values is not null ? $"\nsuite = \"pico\";\n{string.Concat(values.Select(v => $"{v};\n"))}" : "";
            var result = await session.ExecuteAsync(cell + given, TestContext.Current.CancellationToken);
            Assert.True(result.Status == CellStatus.Ok, $"{cell}\n{string.Join('\n', result.Error?.Traceback ?? [])}");
            shown.Add(Counts().Replace(string.Concat(outputs.Texts), ""));
        }

        return shown;
    }

    private async Task TrainAsync(string notebook, Suggestion suggestion)
    {
        var json = JsonNode.Parse(File.ReadAllText(home.PathOf("suites", "pico", "suite.json")))!;
        foreach (var pair in suggestion.Code.Select(c => JsonNode.Parse($"{{{c}}}")!.AsObject().Single()))
            Assert.True(RecipeChange.Set(json, pair.Key, pair.Value!), suggestion.Text);
        var name = $"yours-{notebook[..2]}-{suggestion.Code[0].Split('"')[1]}";
        File.WriteAllText(home.PathOf($"{name}.json"), json.ToJsonString());
        var trained = await InProcess.RunAsync("train", home.PathOf($"{name}.json"), "-q");
        Assert.True(trained.ExitCode == 0, trained.Error);
        Assert.NotEqual(Weights("pico"), Weights(name));

        byte[] Weights(string suite) => File.ReadAllBytes(home.PathOf("suites", suite, "ckpt_004", SuiteLayout.Weights));
    }

    [GeneratedRegex(@"\d+ (cells )?(from the store|computed)")]
    private static partial Regex Counts();

    /// <summary>Records the output of a cell: figures as pictures, tables as text.</summary>
    private sealed class Outputs : IOutputSink
    {
        public List<string> Texts { get; } = [];

        public void Stream(OutputStream stream, string text) => Texts.Add(text);

        public void Display(MimeBundle bundle, string? displayId)
        {
            // Progress also has an id and disappears at the end of the cell.
            if (displayId is null)
                Add(bundle);
        }

        public void UpdateDisplay(MimeBundle bundle, string displayId)
        {
        }

        public void ClearOutput(bool wait) => Texts.Clear();

        public void Result(int executionCount, MimeBundle bundle) => Add(bundle);

        private void Add(MimeBundle bundle) => Texts.Add((bundle.Data[MimeTypes.Svg] ?? bundle.Data["text/html"]
            ?? bundle.Data["text/plain"])?.ToString() ?? "");
    }
}
