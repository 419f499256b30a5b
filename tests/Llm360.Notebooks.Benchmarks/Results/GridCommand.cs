// benchmark grid: the cost of claiming in a large grid of short cells, and of opening its store.
using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using System.Text.Json.Nodes;

namespace Llm360.Notebooks.Benchmarks.Results;

internal static class GridCommand
{
    public static Command Create()
    {
        var checkpoints = new Option<int>("--checkpoints") { Description = "Checkpoints.", DefaultValueFactory = _ => 360 };
        var items = new Option<int>("--items") { Description = "Items.", DefaultValueFactory = _ => 360 };
        var micro = new Option<int>("--microseconds") { Description = "Time of a cell.", DefaultValueFactory = _ => 1000 };
        var command = new Command("grid", "Claims in a simulated grid of short cells, and opening its store.")
        { checkpoints, items, micro };
        command.SetAction((parsed, _) => RunAsync(parsed.GetValue(checkpoints), parsed.GetValue(items), parsed.GetValue(micro)));
        return command;
    }

    private static async Task<int> RunAsync(int checkpoints, int queries, int microseconds)
    {
        var folder = Directory.CreateTempSubdirectory("llm360-benchmark-").FullName;
        try
        {
            var suite = await SuiteAsync(folder, checkpoints);
            List<GridItem> items = [.. Enumerable.Range(0, queries).Select(i => GridItem.Of("query", $"{i}", "1"))];
            var options = new GridOptions { Device = Device.Cpu };
            var (fill, computing) = await TimeAsync(() => Grid.FillAsync(Store(), suite.Checkpoints, items, options));
            var (again, opening) = await TimeAsync(() => Grid.FillAsync(Store(), suite.Checkpoints, items, options));
            foreach (var index in Directory.EnumerateFiles(folder, CellIndex.FileName, SearchOption.AllDirectories).ToList())
                File.Delete(index);
            var (_, unindexed) = await TimeAsync(() => Grid.FillAsync(Store(), suite.Checkpoints, items, options));
            var result = new JsonObject
            {
                ["date"] = DateTime.UtcNow.ToString("yyyy-MM-dd HH:mm", CultureInfo.InvariantCulture),
                ["checkpoints"] = checkpoints,
                ["cells"] = fill.Computed,
                ["cells_from_store"] = again.FromStore,
                ["microseconds_per_cell"] = microseconds,
                ["seconds"] = computing.TotalSeconds,
                ["leases"] = fill.Batches,
                ["claiming_seconds"] = fill.Claiming.TotalSeconds,
                ["claiming_percent_of_cells"] = 100e6 * fill.Claiming.TotalSeconds / ((double)fill.Computed * microseconds),
                ["open_seconds"] = opening.TotalSeconds,
                ["open_seconds_without_index"] = unindexed.TotalSeconds,
            };
            Console.WriteLine(result.ToJsonString());
            BenchmarkResults.Write("grid", result);
            return 0;

            ResultStore<IReadOnlyList<Row>> Store() => new(suite, new GridAnalysis<IReadOnlyList<Row>>(
                "simulated", 1, new { Microseconds = microseconds }, new ParquetCells<Row>(), Compute), Path.Combine(folder, "results"));
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }

        IReadOnlyList<Row> Compute(GridContext context)
        {
            var start = Stopwatch.GetTimestamp();
            while (Stopwatch.GetElapsedTime(start).TotalMicroseconds < microseconds)
                Thread.SpinWait(100);
            return [new Row { Value = 1 }];
        }
    }

    private static async Task<(GridFill Fill, TimeSpan Time)> TimeAsync(Func<Task<GridFill>> run)
    {
        var start = Stopwatch.GetTimestamp();
        var fill = await run();
        return (fill, Stopwatch.GetElapsedTime(start));
    }

    // Pico, whose last checkpoint is copied under many numbers.
    private static async Task<Suite> SuiteAsync(string folder, int checkpoints)
    {
        var pico = await new SuiteTrainer(Suites.Recipe("pico"), Path.Combine(folder, "pico")).TrainAsync(
            new(Cancellation: CancellationToken.None));
        File.Delete(Path.Combine(pico.Folder, SuiteLayout.Files));
        for (var i = pico.Checkpoints.Count; i < checkpoints; i++)
        {
            var copy = Directory.CreateDirectory(Path.Combine(pico.Folder, string.Create(CultureInfo.InvariantCulture, $"ckpt_{i:000}")));
            foreach (var file in Directory.EnumerateFiles(pico.Checkpoints[^1].Folder))
                File.Copy(file, Path.Combine(copy.FullName, Path.GetFileName(file)));
        }

        var suite = Suite.OpenFolder(pico.Folder);
        return suite.Checkpoints.Count == checkpoints ? suite
            : throw new InvalidOperationException($"{suite.Checkpoints.Count} checkpoints");
    }

    internal sealed class Row
    {
        public int Value { get; set; }
    }
}
