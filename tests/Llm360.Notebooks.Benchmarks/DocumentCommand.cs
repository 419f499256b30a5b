// benchmark document: puts the newest results into docs/benchmarks.md.
using System.CommandLine;
using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;

namespace Llm360.Notebooks.Benchmarks;

/// <summary>Fills the tables of docs/benchmarks.md between their markers. The text around them
/// stays.</summary>
internal static class DocumentCommand
{
    public static Command Create()
    {
        var command = new Command("document", "Put the newest results of artifacts/benchmarks into docs/benchmarks.md.");
        command.SetAction(_ =>
        {
            var repository = Workspace.Repository!;
            var document = Path.Combine(repository, "docs", "benchmarks.md");
            var text = File.ReadAllText(document);
            (string, Func<JsonNode, string>)[] tables =
            [
                ("machine", Machine), ("training", Training), ("reproduce", Reproduce), ("weights", Weights), ("forward", Forward),
                ("memorization", Memorization), ("attribution", Attribution), ("queries", Queries), ("evaluation", Evaluation),
                ("grid", Grid),
                ("kernel", Kernel), ("hub", Hub),
            ];
            foreach (var (name, table) in tables)
            {
                var results = BenchmarkResults.PathOf(name == "queries" ? "attribution" : name);
                if (File.Exists(results))
                    text = Between(text, name, table(JsonNode.Parse(File.ReadAllText(results))!), document);
            }

            AtomicFile.WriteText(document, text);
            Console.WriteLine(document);
        });
        return command;
    }

    private static string Between(string text, string name, string table, string document)
    {
        string begin = $"<!-- {name} -->", end = $"<!-- end of {name} -->";
        int first = text.IndexOf(begin, StringComparison.Ordinal), last = text.IndexOf(end, StringComparison.Ordinal);
        if (first < 0 || last < first)
            throw new Llm360Exception($"The markers of {name} are missing.", document, $"Put back the lines {begin} and {end}.");
        return $"{text[..(first + begin.Length)]}\n{table}{text[last..]}";
    }

    private static string Machine(JsonNode r)
    {
        double Value(string name) => (double)r[name]!;
        var text = new StringBuilder();
        text.Append(CultureInfo.InvariantCulture, $"{r["date"]} UTC, {r["processor"]}, {r["threads"]} threads, ");
        text.Append(CultureInfo.InvariantCulture, $"AMD switch {r["amd_switch"]}\n\n| what | median | best |\n|---|---|---|\n");
        text.Append(CultureInfo.InvariantCulture, $"| float32 multiply-adds in registers | {Value("median_peak_gflops"):0} GFLOP/s | ");
        text.Append(CultureInfo.InvariantCulture, $"{Value("best_peak_gflops"):0} GFLOP/s |\n");
        text.Append(CultureInfo.InvariantCulture, $"| reading memory | {Value("median_read_gbs"):0.0} GB/s | ");
        text.Append(CultureInfo.InvariantCulture, $"{Value("best_read_gbs"):0.0} GB/s |\n");
        text.Append(CultureInfo.InvariantCulture, $"| copying memory, read and written | {Value("median_copy_gbs"):0.0} GB/s | ");
        text.Append(CultureInfo.InvariantCulture, $"{Value("best_copy_gbs"):0.0} GB/s |\n\n");
        var shapes = r["products"]!.AsArray().GroupBy(p => $"{p!["inputs"]} to {p["outputs"]}").ToList();
        text.Append(CultureInfo.InvariantCulture, $"| rows | {string.Join(" | ", shapes.Select(s => s.Key))} |\n");
        text.Append(CultureInfo.InvariantCulture, $"|---|{string.Concat(shapes.Select(_ => "---|"))}\n");
        foreach (var rows in shapes[0].Select(p => (int)p!["rows"]!))
        {
            var rates = shapes.Select(s => Rates(s.First(p => (int)p!["rows"]! == rows)!));
            text.Append(CultureInfo.InvariantCulture, $"| {rows:n0} | {string.Join(" | ", rates)} |\n");
        }

        return text.ToString();

        static string Rates(JsonNode product)
        {
            var own = product["unpacked_median_gflops"] is { } unpacked ? $" / {(double)unpacked:0}" : "";
            return string.Create(CultureInfo.InvariantCulture, $"{(double)product["median_gflops"]!:0}{own}");
        }
    }

    private static string Training(JsonNode r)
    {
        var contenders = r["contenders"]!.AsArray();
        var peer = contenders
            .Where(c => ((string)c!["name"]!).StartsWith("PyTorch", StringComparison.Ordinal))
            .MaxBy(c => (double)c!["best_tokens_per_second"]!);
        var machine = r["machine"]!;
        var text = new StringBuilder();
        text.Append(CultureInfo.InvariantCulture, $"{r["date"]} UTC, {machine["processor"]}, {r["threads"]} threads, ");
        text.Append(CultureInfo.InvariantCulture, $"AMD switch {machine["amd_switch"]}; peer: {r["peer"] ?? r["peers"]}\n\n");
        text.Append("| training step | best, tokens/s | median, tokens/s | best against the faster peer |\n|---|---|---|---|\n");
        foreach (var c in contenders)
        {
            double best = (double)c!["best_tokens_per_second"]!, median = (double)c["median_tokens_per_second"]!;
            var ratio = peer is null
                ? "not measured"
                : string.Create(CultureInfo.InvariantCulture, $"{best / (double)peer["best_tokens_per_second"]!:0.00}");
            text.Append(CultureInfo.InvariantCulture, $"| {c["name"]} | {best:n0} | {median:n0} | {ratio} |\n");
        }

        var (model, percent) = (r["model"]!, (double)r["cpu_gradients_share_of_large_product"]! * 100);
        text.Append(CultureInfo.InvariantCulture, $"\nA step of {model["tokens_per_step"]:n0} tokens is {model["gflop_per_step"]} GFLOP. ");
        text.Append(CultureInfo.InvariantCulture, $"`CpuGradients` runs it at {r["cpu_gradients_gflops"]} GFLOP/s, ");
        text.Append(CultureInfo.InvariantCulture, $"{percent:0} % of the rate of one large float32 product of MKL ");
        text.Append(CultureInfo.InvariantCulture, $"on the same threads ({machine["large_product_gflops"]} GFLOP/s).\n\n");
        text.Append("| part of the step | share of its time |\n|---|---|\n");
        foreach (var (part, share) in r["cpu_gradients_time_shares"]!.AsObject())
            text.Append(CultureInfo.InvariantCulture, $"| {part} | {(double)share! * 100:0.0} % |\n");
        return text.ToString();
    }

    private static string Reproduce(JsonNode r)
    {
        var text = new StringBuilder();
        text.Append(CultureInfo.InvariantCulture, $"{r["date"]} UTC, {r["processor"]}, {r["cores"]} cores, suite {r["suite"]}\n\n");
        text.Append("| what | |\n|---|---|\n");
        text.Append(CultureInfo.InvariantCulture, $"| wall time, from an empty folder | {(double)r["seconds"]!:0} s |\n");
        text.Append(CultureInfo.InvariantCulture, $"| of it in training steps | {(double)r["training_steps_seconds"]!:0} s |\n");
        text.Append(CultureInfo.InvariantCulture, $"| peak memory | {(double)r["peak_memory_mb"]!:n0} MB |\n");
        foreach (var (notebook, seconds) in r["notebooks"]!.AsObject())
            text.Append(CultureInfo.InvariantCulture, $"| {notebook} | {(double)seconds!:0.0} s |\n");
        return text.ToString();
    }

    private static string Weights(JsonNode r)
    {
        var text = new StringBuilder();
        text.Append(CultureInfo.InvariantCulture, $"{r["date"]} UTC, {r["processor"]}, ");
        text.Append(CultureInfo.InvariantCulture, $"{(double)r["bytes"]! / 1e6:n0} MB in the page cache\n\n");
        text.Append("| what | median, ms | standard deviation, ms | over the plain read |\n|---|---|---|---|\n");
        foreach (var time in r["times"]!.AsArray())
        {
            text.Append(CultureInfo.InvariantCulture, $"| {time!["what"]} | {(double)time["median_ms"]!:0.00} | ");
            text.Append(CultureInfo.InvariantCulture, $"{(double)time["deviation_ms"]!:0.00} | {(double)time["over_read"]!:0.000} |\n");
        }

        text.Append("\n| what | seconds, once, cold process | peak of memory without a file behind it, MB |\n|---|---|---|\n");
        foreach (var memory in r["memory"]!.AsArray())
        {
            text.Append(CultureInfo.InvariantCulture, $"| {memory!["what"]} | {(double)memory["seconds"]!:0.00} | ");
            text.Append(CultureInfo.InvariantCulture, $"{(double)memory["anonymous_mb"]!:0} |\n");
        }

        return text.ToString();
    }

    private static string Hub(JsonNode r)
    {
        var text = new StringBuilder();
        text.Append(CultureInfo.InvariantCulture, $"{r["date"]} UTC, {r["processor"]}, {(double)r["bytes"]! / 1e6:n0} MB in two files\n\n");
        text.Append("| who | median, s | best, s | peak memory, MB |\n|---|---|---|---|\n");
        foreach (var c in r["contenders"]!.AsArray())
        {
            text.Append(CultureInfo.InvariantCulture, $"| {c!["name"]} | {(double)c["median_seconds"]!:0.00} | ");
            text.Append(CultureInfo.InvariantCulture, $"{(double)c["best_seconds"]!:0.00} | {(double)c["peak_mb"]!:0} |\n");
        }

        return text.ToString();
    }

    private static string Forward(JsonNode r)
    {
        var text = new StringBuilder();
        text.Append(CultureInfo.InvariantCulture, $"{r["date"]} UTC, {r["processor"]}, {r["threads"]} threads, ");
        text.Append(CultureInfo.InvariantCulture, $"AMD switch {r["amd_switch"]}\n\n");
        text.Append("| shape | type | work | kit, tokens/s | transformers | transformers and the same answers | ONNX Runtime ");
        text.Append("| kit over the best peer | share of what bounds it |\n|---|---|---|---|---|---|---|---|---|\n");
        foreach (var one in r["cases"]!.AsArray())
        {
            var contenders = one!["contenders"]!.AsObject();
            double Speed(string name) => contenders[name] is { } c ? (double)c["best_tokens_per_second"]! : double.NaN;
            var transformers = Math.Max(Speed("transformers"), Speed("transformers, memory kept"));
            var (kit, onnx) = (Speed("kit"), Speed("ONNX Runtime"));
            var peer = double.IsNaN(onnx) ? transformers : Math.Max(onnx, transformers);
            var bound = contenders.ContainsKey("products alone")
                ? string.Create(CultureInfo.InvariantCulture, $"{kit / Speed("products alone") * 100:0} % of the products alone")
                : contenders.ContainsKey("copy of the weights")
                ? string.Create(CultureInfo.InvariantCulture, $"{CopyShare(one) * 100:0} % of a memory copy")
                : "";
            var work = (string)one["work"]! == "score" ? $"score {one["rows"]} x 256" : $"decode, {one["rows"]} row(s)";
            text.Append(CultureInfo.InvariantCulture, $"| {one["shape"]} | {one["type"]} | {work} | {kit:n0} | {Tokens(transformers)} | ");
            text.Append(CultureInfo.InvariantCulture, $"{Tokens(Speed("transformers and the same answers"))} | {Tokens(onnx)} | ");
            text.Append(CultureInfo.InvariantCulture, $"{kit / peer:0.00} | {bound} |\n");
        }

        static string Tokens(double speed) => double.IsNaN(speed) ? "" : speed.ToString("n0", CultureInfo.InvariantCulture);
        return text.ToString();
    }

    private static string Memorization(JsonNode r)
    {
        var text = new StringBuilder();
        text.Append(CultureInfo.InvariantCulture, $"{r["date"]} UTC, {r["processor"]}, {r["threads"]} threads, ");
        text.Append(CultureInfo.InvariantCulture, $"AMD switch {r["amd_switch"]}, {r["rows"]} sequences\n\n");
        text.Append("| shape | memorised | what | sequences/s | against the peer's best | answers that differ |\n");
        text.Append("|---|---|---|---|---|---|\n");
        foreach (var shape in r["cases"]!.AsArray().GroupBy(c => (string)c!["shape"]!))
        {
            var peer = shape.SelectMany(c => c!["rows_per_second"]!.AsObject())
                .Where(c => c.Key.StartsWith("transformers", StringComparison.Ordinal))
                .Select(c => (double)c.Value!)
                .DefaultIfEmpty(double.NaN)
                .Max();
            foreach (var one in shape)
            {
                foreach (var (what, speed) in one!["rows_per_second"]!.AsObject())
                {
                    text.Append(CultureInfo.InvariantCulture, $"| {shape.Key} | {one["memorised_percent"]} % | {what} | ");
                    text.Append(CultureInfo.InvariantCulture, $"{(double)speed!:0.0} | {(double)speed! / peer:0.00} | ");
                    text.Append(CultureInfo.InvariantCulture, $"{one["rows_that_differ_from_scores"]![what]} |\n");
                }
            }
        }

        return text.ToString();
    }

    private static string Attribution(JsonNode r)
    {
        var text = new StringBuilder();
        text.Append(CultureInfo.InvariantCulture, $"{r["date"]} UTC, {r["processor"]}, {r["threads"]} threads\n\n");
        text.Append("| shape, rows | what | rows/s | against a training step | peak memory, MB |\n|---|---|---|---|---|\n");
        foreach (var shape in r["shapes"]!.AsArray())
        {
            var speeds = shape!["rows_per_second"]!.AsObject();
            foreach (var (what, speed) in speeds)
            {
                text.Append(CultureInfo.InvariantCulture, $"| {shape["shape"]}, {shape["rows"]} | {what} | {(double)speed!:0.0} | ");
                text.Append(CultureInfo.InvariantCulture, $"{(double)speeds["training step"]! / (double)speed!:0.00} times as long | ");
                text.Append(CultureInfo.InvariantCulture, $"{(double)shape["peak_mb"]![what]!:n0} |\n");
            }
        }

        return text.ToString();
    }

    private static string Queries(JsonNode r)
    {
        var text = new StringBuilder();
        text.Append(CultureInfo.InvariantCulture, $"{r["date"]} UTC, {r["processor"]}, {r["threads"]} threads\n\n");
        text.Append("| indexed rows | floats a row | memory | product with one query, ms |\n|---|---|---|---|\n");
        foreach (var one in r["queries"]!.AsArray())
        {
            text.Append(CultureInfo.InvariantCulture, $"| {one!["rows"]:n0} | {one["floats_a_row"]} | ");
            text.Append(CultureInfo.InvariantCulture, $"{(double)one["bytes"]! / 1e9:0.00} GB | {one["milliseconds"]} |\n");
        }

        return text.ToString();
    }

    private static string Evaluation(JsonNode r)
    {
        var text = new StringBuilder();
        text.Append(CultureInfo.InvariantCulture, $"{r["date"]} UTC, {r["processor"]}, {r["threads"]} threads, {r["shape"]}, float32\n\n");
        text.Append("| task | what | requests/s | against lm-eval's best | largest difference, nats |\n|---|---|---|---|---|\n");
        foreach (var one in r["cases"]!.AsArray())
        {
            var speeds = one!["requests_per_second"]!.AsObject();
            var peer = speeds.Where(s => s.Key.StartsWith("lm-eval", StringComparison.Ordinal)).Max(s => (double)s.Value!);
            foreach (var (what, speed) in speeds)
            {
                text.Append(CultureInfo.InvariantCulture, $"| {one["task"]} | {what} | {(double)speed!:0.0} | ");
                text.Append(CultureInfo.InvariantCulture, $"{(double)speed! / peer:0.0} | ");
                text.Append(CultureInfo.InvariantCulture, $"{(double)one["largest_difference"]![what]!:0.0e+0} |\n");
            }
        }

        return text.ToString();
    }

    private static string Grid(JsonNode r)
    {
        var text = new StringBuilder();
        text.Append(CultureInfo.InvariantCulture, $"{r["date"]} UTC, {r["cells"]:n0} cells of {r["checkpoints"]} checkpoints, ");
        text.Append(CultureInfo.InvariantCulture, $"{r["microseconds_per_cell"]:n0} microseconds each\n\n| what | |\n|---|---|\n");
        text.Append(CultureInfo.InvariantCulture, $"| leases | {r["leases"]} |\n| claiming | {(double)r["claiming_seconds"]!:0.00} s, ");
        text.Append(CultureInfo.InvariantCulture, $"{(double)r["claiming_percent_of_cells"]!:0.00} % of the cells' time |\n");
        text.Append(CultureInfo.InvariantCulture, $"| computing and storing all cells | {(double)r["seconds"]!:0} s |\n");
        text.Append(CultureInfo.InvariantCulture, $"| opening the store again | {(double)r["open_seconds"]!:0.0} s |\n");
        var unindexed = (double)r["open_seconds_without_index"]!;
        text.Append(CultureInfo.InvariantCulture, $"| the same without its index files | {unindexed:0} s |\n");
        return text.ToString();
    }

    // A token of one row reads every weight except the embedding once. A copy reads and writes all
    // weights.
    private static double CopyShare(JsonNode one)
    {
        var config = Benchmarks.Forward.ForwardShape.All[(string)one["shape"]!];
        var read = config.ParameterCount - ((long)config.VocabularySize * config.HiddenSize);
        var secondsAToken = 1 / (double)one["contenders"]!["kit"]!["best_tokens_per_second"]!;
        return read / secondsAToken / (2 * config.ParameterCount / (double)one["contenders"]!["copy of the weights"]!["best_seconds"]!);
    }

    private static string Kernel(JsonNode r)
    {
        var (interrupt, worst) = (r["interrupt_milliseconds_median"], r["interrupt_milliseconds_worst"]);
        return string.Create(CultureInfo.InvariantCulture, $"""
            {r["date"]} UTC, {r["processor"]}, {r["cores"]} cores, {r["starts"]} kernels, {r["cells"]} cells each after 100 to warm up

            | what | median | worst |
            |---|---|---|
            | process start to first result | {r["first_result_seconds_median"]} s | {r["first_result_seconds_worst"]} s |
            | a small cell once warm, request to reply | {r["cell_milliseconds_median"]} ms | {r["cell_milliseconds_95th"]} ms (95 %) |
            | interrupt of an endless loop, request to reply of its cell | {interrupt} ms | {worst} ms |
            | peak memory of the kernel | | {r["peak_memory_mb"]} MB |

            """);
    }
}
