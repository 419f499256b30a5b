// llm360 score: memorization scores of sequences in Analysis360's format, or extractibility alone.
using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;
using Microsoft.Data.Analysis;

namespace Llm360.Notebooks.Cli.Commands;

/// <summary>
/// <c>llm360 score --model nano/36 --rows rows.jsonl -k 32 -l 32 --out result.json</c>
/// </summary>
internal static class ScoreCommand
{
    private const int RowsAtOnce = 1024;
    private const string Csv = ".csv";

    /// <summary>
    /// Number of rows that are also decoded token by token if the model is not in float32.
    /// </summary>
    private const int RowsCompared = 64;

    private static readonly JsonSerializerOptions Json = new() { PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower };

    public static Command Create()
    {
        var model = new ModelOptions();
        var rows = new RowsOptions(required: true);
        var prompt = new Option<int>("-k", "--prompt-length")
        {
            Description = "Tokens given, from the start of the sequence.",
            DefaultValueFactory = _ => 32,
        };
        var continuation = new Option<int>("-l", "--continuation-length")
        {
            Description = "Tokens to reproduce.",
            DefaultValueFactory = _ => 32,
        };
        var output = new OutputFile(
            required: true,
            "Where to write: JSON with full_match, token_match, count, match and all_match, as Analysis360 writes it; or a row for each "
                + "sequence.",
            ".json", Csv, ".parquet");
        var extractible = new Option<bool>("--extractible-only")
        {
            Description = "Only whether each sequence is k-extractible, several times faster: full_match, count and first_mismatch.",
        };
        var command = new Command("score", "Score how much of given sequences a model reproduces word for word.")
        {
            prompt, continuation, output.Option, extractible,
        };
        rows.AddTo(command);
        model.AddTo(command);
        foreach (var length in new[] { prompt, continuation })
            length.Validators.Add(ModelOptions.AtLeastOne(length));
        command.Run("Run it again: the file is written whole or not at all.", async (parsed, screen, cancellation) =>
        {
            var path = output.Path(parsed)!;
            var sequences = rows.Read(parsed, cancellation);
            var settings = new MemorizationSettings(parsed.GetValue(prompt), parsed.GetValue(continuation));
            var needed = (long)settings.PromptLength + settings.ContinuationLength;
            // Checked here, because the scorer sees slices and does not know the row's number in
            // the file.
            if (sequences.Index().FirstOrDefault(r => r.Item.TokenIds.Length < needed) is { Item: not null } tooShort)
                throw new Llm360Exception($"A sequence has {tooShort.Item.TokenIds.Length} tokens; k + l = {needed} are needed.",
                    $"{rows.File(parsed)!.FullName}, row {tooShort.Index}", "Choose a smaller k or l.");
            using var loaded = await model.LoadAsync(parsed, screen, cancellation).ConfigureAwait(false);
            RowsOptions.Check(loaded.Config, sequences, r => r.TokenIds[..(int)needed], rows.File(parsed)!);
            var run = new RunOptions(Cancellation: cancellation);
            string said;
            if (parsed.GetValue(extractible))
            {
                var (k, l) = (settings.PromptLength, settings.ContinuationLength);
                var mismatches = await InSlicesAsync(slice => MemorizationScorer.FirstMismatches(loaded, slice, k, l, run))
                    .ConfigureAwait(false);
                var result = new Extractibility((double)mismatches.Count(m => m == l) / mismatches.Count, mismatches.Count, mismatches);
                await WriteAsync(path, result, [.. mismatches.Select((m, i) =>
                    new ExtractibleRow { Row = i, FirstMismatch = m, Extractible = m == l })])
                    .ConfigureAwait(false);
                said = string.Create(CultureInfo.InvariantCulture, $"k-extractible {result.FullMatch:0.####}");
            }
            else
            {
                var rowsScored = await InSlicesAsync(slice => MemorizationScorer.Score(loaded, slice, settings, run: run))
                    .ConfigureAwait(false);
                var result = Result.Of(rowsScored);
                await WriteAsync(path, result, [.. rowsScored.Select((r, i) => ScoredRow.Of(r, i))]).ConfigureAwait(false);
                said = string.Create(
                    CultureInfo.InvariantCulture,
                    $"mean score {result.TokenMatch:0.####}, k-extractible {result.FullMatch:0.####}");
            }

            screen.Say($"{sequences.Count} rows, {said}: {path}");
            if (loaded.Type != TorchSharp.torch.ScalarType.Float32)
            {
                screen.Say(await screen.WatchAsync(_ => Task.Run(() => Differing(loaded, sequences, settings, run), cancellation))
                    .ConfigureAwait(false));
            }

            return 0;

            Task<List<T>> InSlicesAsync<T>(Func<IReadOnlyList<TokenRow>, IReadOnlyList<T>> score) => screen.WatchAsync(progress => Task.Run(
                () =>
                {
                    var scored = new List<T>(sequences.Count);
                    foreach (var slice in sequences.Chunk(RowsAtOnce))
                    {
                        scored.AddRange(score(slice));
                        progress.Report(new WorkProgress("score", scored.Count, sequences.Count, "rows"));
                    }

                    return scored;
                },
                cancellation));
        });
        return command;
    }

    private static async Task WriteAsync<TResult, TRow>(string path, TResult result, IReadOnlyList<TRow> rows)
        where TRow : class, new()
    {
        if (OutputFile.Is(path, Csv))
            AtomicFile.Write(path, stream => DataFrame.SaveCsv(ParquetRows.ToDataFrame(rows), stream,
                cultureInfo: CultureInfo.InvariantCulture));
        else if (OutputFile.Is(path, ".parquet"))
            await ParquetRows.WriteAsync(path, rows).ConfigureAwait(false);
        else
            AtomicFile.WriteText(path, JsonSerializer.Serialize(result, Json) + "\n");
    }

    // In float32, only logits that are equal within rounding could differ.
    private static string Differing(LanguageModel model, IReadOnlyList<TokenRow> rows, MemorizationSettings settings, RunOptions run)
    {
        List<TokenRow> sample = [.. rows.Take(RowsCompared)];
        var differing = MemorizationScorer.Disagreements(model, sample, settings, run);
        return $"{model.Type}: {differing} of the first {sample.Count} continuations differ from decoding "
            + "one token after the other, by rounding.";
    }

    /// <summary>The fields of Analysis360's result file.</summary>
    /// <param name="FullMatch">Share of rows reproduced completely.</param>
    /// <param name="TokenMatch">Share of tokens reproduced: the mean score.</param>
    /// <param name="Count">Number of rows.</param>
    /// <param name="Match">Tokens reproduced in each row.</param>
    /// <param name="AllMatch">0 or 1 for each token of each row, despite the name.</param>
    private sealed record Result(
        double FullMatch,
        double TokenMatch,
        int Count,
        IReadOnlyList<int> Match,
        IReadOnlyList<IReadOnlyList<int>> AllMatch)
    {
        public static Result Of(List<MemorizationRow> rows) => new(
            (double)rows.Count(r => r.Extractible) / rows.Count,
            (double)rows.Sum(r => (long)r.Match) / rows.Sum(r => (long)r.Matches.Length),
            rows.Count,
            [.. rows.Select(r => r.Match)],
            [.. rows.Select(r => r.Matches.Select(m => m - '0').ToList())]);
    }

    /// <summary>The result for extractibility alone.</summary>
    /// <param name="FullMatch">Share of rows reproduced completely.</param>
    /// <param name="Count">Number of rows.</param>
    /// <param name="FirstMismatch">
    /// For each row, position in the continuation of the first token that differs; l if none does.
    /// </param>
    private sealed record Extractibility(double FullMatch, int Count, IReadOnlyList<int> FirstMismatch);

    /// <summary>A sequence in a table of scores.</summary>
    internal sealed class ScoredRow
    {
        [JsonPropertyName("row")]
        public int Row { get; set; }

        [JsonPropertyName("source")]
        public string Source { get; set; } = "";

        [JsonPropertyName("match")]
        public int Match { get; set; }

        [JsonPropertyName("score")]
        public double Score { get; set; }

        [JsonPropertyName("extractible")]
        public bool Extractible { get; set; }

        [JsonPropertyName("first_mismatch")]
        public int FirstMismatch { get; set; }

        /// <summary>A digit for each token: 1 if it was reproduced.</summary>
        [JsonPropertyName("matches")]
        public string Matches { get; set; } = "";

        public static ScoredRow Of(MemorizationRow row, int number) => new()
        {
            Row = number,
            Source = row.Source,
            Match = row.Match,
            Score = row.Score,
            Extractible = row.Extractible,
            FirstMismatch = row.FirstMismatch,
            Matches = row.Matches,
        };
    }

    /// <summary>A sequence in a table of extractibility alone.</summary>
    internal sealed class ExtractibleRow
    {
        [JsonPropertyName("row")]
        public int Row { get; set; }

        [JsonPropertyName("first_mismatch")]
        public int FirstMismatch { get; set; }

        [JsonPropertyName("extractible")]
        public bool Extractible { get; set; }
    }
}
