// One .NET contender of the forward benchmark, in a process of its own.
using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using System.Text.Json.Nodes;
using TorchSharp;

namespace Llm360.Notebooks.Benchmarks.Forward;

/// <summary>Works for the seconds given on its input, and answers with the seconds of each
/// pass.</summary>
internal static class ForwardWorker
{
    public const string Name = "forward-worker";

    public static Command Create()
    {
        var what = new Argument<string>("what") { Description = "score, body, products, decode, copy or onnx." };
        var folder = new Argument<string>("folder");
        var type = new Argument<string>("type");
        var threads = new Argument<int>("threads");
        var rows = new Argument<int>("rows");
        var command = new Command(Name, "One contender; started by the forward benchmark.") { what, folder, type, threads, rows };
        command.Hidden = true;
        command.SetAction(parsed => Serve(
            parsed.GetValue(what)!,
            parsed.GetValue(folder)!,
            parsed.GetValue(type)!,
            parsed.GetValue(threads),
            parsed.GetValue(rows)));
        return command;
    }

    private static void Serve(string what, string folder, string type, int threads, int rows)
    {
        LibTorch.Threads = threads;
        using var inference = torch.inference_mode();
        using var model = LanguageModel.Load(folder, null, type == "bf16" ? torch.bfloat16 : torch.float32);
        using var onnx = what == "onnx" ? new OnnxLlama(folder, ForwardShape.Tokens(rows, ForwardShape.Length), threads) : null;
        Action work = onnx is null ? Work(what, model, rows) : () => onnx.Run().Dispose();
        if (onnx is not null)
            Compare(model, onnx, rows);
        while (Console.ReadLine() is { } line)
        {
            var seconds = double.Parse(line, CultureInfo.InvariantCulture);
            var passes = new JsonArray();
            var start = Stopwatch.GetTimestamp();
            do
            {
                var one = Stopwatch.GetTimestamp();
                using var scope = torch.NewDisposeScope();
                work();
                passes.Add(Stopwatch.GetElapsedTime(one).TotalSeconds);
            }
            while (Stopwatch.GetElapsedTime(start).TotalSeconds < seconds);
            using var process = Process.GetCurrentProcess();
            Console.WriteLine(new JsonObject { ["passes"] = passes, ["peak_mb"] = process.PeakWorkingSet64 / 1e6 }.ToJsonString());
        }
    }

    // A peer must compute the same logits.
    private static void Compare(LanguageModel model, OnnxLlama onnx, int rows)
    {
        using var scope = torch.NewDisposeScope();
        using var output = onnx.Run();
        var theirs = output[0].GetTensorDataAsSpan<float>();
        // [time, vocabulary] of the last row.
        var last = model.Forward(Ids(ForwardShape.Tokens(rows, ForwardShape.Length))).select(0, rows - 1);
        var ours = model.Logits(last).data<float>();
        var first = theirs.Length - (int)ours.Count;
        var difference = 0f;
        for (var i = 0; i < ours.Count; i++)
            difference = Math.Max(difference, Math.Abs(ours[i] - theirs[first + i]));
        if (!(difference < 1e-3f))
            throw new InvalidOperationException($"ONNX Runtime's logits differ by {difference}.");
    }

    private static Action Work(string what, LanguageModel model, int rows)
    {
        switch (what)
        {
            case "score":
                var tokens = ForwardShape.Tokens(rows, ForwardShape.Length);
                return () => model.Score(tokens);
            case "body":
                var ids = Ids(ForwardShape.Tokens(rows, ForwardShape.Length));
                return () => model.Forward(ids);
            case "decode":
                var prompts = ForwardShape.Tokens(rows, ForwardShape.Prompt);
                return () => model.Generate(prompts, new GenerationOptions { MaxNewTokens = ForwardCommand.NewTokens });
            case "copy":
                // Decoding one row must at least read every weight once for each token.
                var count = model.Config.ParameterCount;
                var (from, to) = (torch.zeros([count], model.Type), torch.zeros([count], model.Type));
                from.DetachFromDisposeScope();
                to.DetachFromDisposeScope();
                return () => to.copy_(from);
            default:
                return Products((LlamaConfig)model.Config, model.Type, rows * ForwardShape.Length);
        }
    }

    // The matrix products of a pass alone. Each layer has its own weights. The head is in blocks of
    // the vocabulary, as in `Score`.
    private static Action Products(LlamaConfig config, torch.ScalarType type, int positions)
    {
        var (hidden, mlp, vocabulary) = (config.HiddenSize, config.IntermediateSize, config.VocabularySize);
        var x = Random(positions, hidden);
        var gated = Random(positions, mlp);
        var layers = Enumerable.Range(0, config.Layers)
            .Select(_ => (Narrow: Matrices(4, hidden, hidden), Wide: Matrices(2, mlp, hidden), Down: Random(hidden, mlp)))
            .ToList();
        var head = Random(vocabulary, hidden);
        var block = Math.Max(1, (1 << 22) / positions);
        return () =>
        {
            foreach (var (narrow, wide, down) in layers)
            {
                foreach (var weight in narrow.Concat(wide))
                    torch.nn.functional.linear(x, weight).Dispose();
                torch.nn.functional.linear(gated, down).Dispose();
            }

            for (var first = 0; first < vocabulary; first += block)
            {
                using var part = head.narrow(0, first, Math.Min(block, vocabulary - first));
                torch.nn.functional.linear(x, part).Dispose();
            }
        };

        torch.Tensor[] Matrices(int count, long rows, long columns) => [.. Enumerable.Range(0, count).Select(_ => Random(rows, columns))];
        torch.Tensor Random(long rows, long columns) => torch.randn([rows, columns]).to(type).DetachFromDisposeScope();
    }

    private static torch.Tensor Ids(int[][] tokens) =>
        torch.tensor(tokens.SelectMany(r => r).Select(t => (long)t).ToArray(), [tokens.Length, tokens[0].Length]);
}
