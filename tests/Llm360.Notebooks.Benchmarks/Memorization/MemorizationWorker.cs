// One .NET contender of the memorization benchmark, in a process of its own.
using System.CommandLine;
using System.Diagnostics;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Llm360.Notebooks.Benchmarks.Memorization;

/// <summary>Answers each line on its input with the seconds of one pass over all rows, and with the
/// first mismatch of each row.</summary>
internal static class MemorizationWorker
{
    public const string Name = "memorization-worker";
    private const int Half = MemorizationCommand.Half;

    public static Command Create()
    {
        var work = new Argument<string>("work");
        var folder = new Argument<string>("folder");
        var threads = new Argument<int>("threads");
        var count = new Argument<int>("rows");
        var command = new Command(Name, "One contender; started by the memorization benchmark.") { work, folder, threads, count };
        command.Hidden = true;
        command.SetAction(parsed => Serve(
            parsed.GetValue(work)!, parsed.GetValue(folder)!, parsed.GetValue(threads), parsed.GetValue(count)));
        return command;
    }

    private static void Serve(string work, string folder, int threads, int count)
    {
        LibTorch.Threads = threads;
        using var model = LanguageModel.Load(folder);
        var sequences = JsonSerializer.Deserialize<int[][]>(File.ReadAllText(Path.Combine(folder, "rows.json")))!;
        List<TokenRow> rows = [.. sequences.Take(count).Select(r => new TokenRow(r, "", []))];
        while (Console.ReadLine() is not null)
        {
            var start = Stopwatch.GetTimestamp();
            var mismatches = Run(work, model, rows);
            var seconds = Stopwatch.GetElapsedTime(start).TotalSeconds;
            using var process = Process.GetCurrentProcess();
            var answer = new JsonObject
            {
                ["seconds"] = seconds,
                ["peak_mb"] = process.PeakWorkingSet64 / 1e6,
                ["first_mismatches"] = string.Join(' ', mismatches),
            };
            Console.WriteLine(answer.ToJsonString());
        }
    }

    private static IEnumerable<int> Run(string work, LanguageModel model, List<TokenRow> rows) => work switch
    {
        "scores" => MemorizationScorer.Score(model, rows).Select(r => r.FirstMismatch),
        "token metrics of the continuation" =>
            MemorizationScorer.ContinuationScores(model, rows).Select(r => r.TakeWhile(t => t.Rank == 0).Count()),
        "scores and all token metrics" =>
            MemorizationScorer.Score(model, rows, new MemorizationSettings(TokenMetrics: true)).Select(r => r.FirstMismatch),
        "extractibility" => MemorizationScorer.FirstMismatches(model, rows),
        _ => [.. rows.Chunk(128).SelectMany(part => Generate(model, part))],
    };

    // Plain generation of every row, then a comparison.
    private static IEnumerable<int> Generate(LanguageModel model, TokenRow[] rows)
    {
        var continuations = model.Generate([.. rows.Select(r => r.TokenIds[..Half])], new GenerationOptions { MaxNewTokens = Half });
        return rows.Zip(continuations)
            .Select(p => p.First.TokenIds[Half..].Zip(p.Second).TakeWhile(t => t.First == t.Second).Count());
    }
}
