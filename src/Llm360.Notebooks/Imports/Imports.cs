// Opens results of other programs: lm-eval, W&B, trackio, and Amber's evaluations on the Hub.
using System.Globalization;
using System.Text.RegularExpressions;

namespace Llm360.Notebooks;

/// <summary>Imports metrics along training that other programs wrote.</summary>
public static partial class Imports
{
    private const string Checkpoints = "checkpoint";

    /// <summary>Result files of lm-eval 0.3 or 0.4.</summary>
    /// <remarks>
    /// The position of a file is the number at the end of the model's revision, if the file names
    /// one.
    /// Else it is the number in the name of the nearest folder or in the file's own name, such as
    /// <c>ckpt_349/eval_arc.json</c>.
    /// </remarks>
    /// <param name="path">
    /// A file, or a folder whose <c>.json</c> files are all read, including those in its
    /// subfolders.
    /// </param>
    /// <param name="model">Name of the evaluated model, for titles.</param>
    /// <exception cref="Llm360Exception">
    /// A file is not a result file of these versions, its position is unknown, or a value occurs
    /// twice.
    /// </exception>
    public static ImportedCurves LmEval(string path, string model = "imported")
    {
        var isFolder = Directory.Exists(path);
        List<string> files = !isFolder ? [path]
            : [.. Directory.EnumerateFiles(path, "*.json", SearchOption.AllDirectories).Order(StringComparer.Ordinal)];
        if (files.Count == 0)
            throw new Llm360Exception("The folder has no result file.", path, "Name a folder with .json files that lm-eval wrote.");
        var results = files.ConvertAll(LmEvalResults.Read);
        return OfResults(model, [.. results.Select(r => (Position(r, isFolder ? path : null), r))]);
    }

    /// <summary>A log of training: an export of Weights &amp; Biases or of trackio.</summary>
    /// <param name="path"><c>.csv</c>, <c>.jsonl</c>, or trackio's <c>.parquet</c>.</param>
    /// <param name="position">
    /// The column with the positions; when null, the first existing one of <c>Step</c>,
    /// <c>step</c>, <c>_step</c>, <c>global_step</c>, <c>custom_step</c>.
    /// </param>
    /// <param name="run">The run, if the file has several (a column <c>run_name</c>).</param>
    /// <param name="model">Name of the trained model, for titles; the file's name when
    /// null.</param>
    /// <exception cref="Llm360Exception">
    /// The file cannot be read; the error has the line.
    /// </exception>
    public static ImportedCurves Log(string path, string? position = null, string? run = null, string? model = null)
    {
        ArgumentNullException.ThrowIfNull(path);
        var (name, curves) = LogTable.Curves(LogFiles.Read(path), path, position, run);
        return new ImportedCurves(model ?? Path.GetFileNameWithoutExtension(path), name.TrimStart('_'), curves);
    }

    /// <summary>Combines result files.</summary>
    internal static ImportedCurves OfResults(string model, IReadOnlyList<(double Position, LmEvalResults Results)> files)
    {
        var all = files.SelectMany(f => f.Results.Values.Select(v => (f.Position, f.Results.Where, Value: v))).ToList();
        var twice = all.GroupBy(v => (v.Position, v.Value.Task, v.Value.Metric)).FirstOrDefault(g => g.Count() > 1);
        if (twice is not null)
        {
            throw new Llm360Exception(
                FormattableString.Invariant($"{twice.Key.Task} {twice.Key.Metric} of {Checkpoints} {twice.Key.Position} is there twice."),
                string.Join(", ", twice.Select(v => v.Where)),
                "Keep one of the two files in the folder.");
        }

        var curves = all.GroupBy(v => (v.Value.Task, v.Value.Metric), v => (v.Position, v.Value))
            .Select(g => Curve(g.Key.Task, g.Key.Metric, [.. g.OrderBy(v => v.Position)]));
        return new ImportedCurves(model, Checkpoints, [.. curves]);
    }

    private static ImportedCurve Curve(string task, string metric, IReadOnlyList<(double Position, LmEvalValue Value)> points)
    {
        double[] errors = [.. points.Select(p => p.Value.StandardError)];
        return new ImportedCurve(
            task, metric, [.. points.Select(p => p.Position)], [.. points.Select(p => p.Value.Value)],
            errors.All(double.IsNaN) ? null : errors);
    }

    private static double Position(LmEvalResults results, string? folder)
    {
        if (results.Revision is { } revision && Number(revision) is { } named)
            return named;
        var path = folder is null ? Path.GetFullPath(results.Where) : Path.GetRelativePath(folder, results.Where);
        var parts = path.Split(Path.DirectorySeparatorChar);
        // The name of a result file of version 0.4 is a time, not a position.
        var known = parts[..^1].Reverse().Select(Number).FirstOrDefault(n => n is not null)
            ?? (parts[^1].StartsWith("results_", StringComparison.Ordinal) ? null : Number(Path.GetFileNameWithoutExtension(parts[^1])));
        return known ?? throw new Llm360Exception(
            "The result file does not tell which checkpoint it is of.",
            results.Where,
            "Put it into a folder that is named by the checkpoint, such as ckpt_349.");
    }

    private static double? Number(string name) => LastNumber().Match(name) is { Success: true } match
        && double.TryParse(match.Value, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : null;

    [GeneratedRegex(@"[0-9]{1,12}\z")]
    private static partial Regex LastNumber();
}
