// llm360 inspect: shows the tensors of a checkpoint.
using System.CommandLine;
using System.Globalization;
using Llm360.Notebooks.Cli.Terminal;

namespace Llm360.Notebooks.Cli.Commands;

/// <summary><c>llm360 inspect nano/ckpt_036 --stats</c></summary>
internal static class InspectCommand
{
    /// <summary>Names of checkpoints that can be inspected.</summary>
    public const string Names = "A weights file, a checkpoint's folder or index, SUITE/CHECKPOINT (nano/36, nano/last), or "
        + "organisation/name@revision on the Hugging Face Hub.";

    public static Command Create()
    {
        var path = new Argument<string>("checkpoint") { Description = Names };
        var stats = new Option<bool>("--stats")
        {
            Description = "Add mean, standard deviation (n - 1) and extremes of the finite elements, "
                + "and the number of NaN and infinite ones.",
        };
        var hash = new Option<bool>("--hash")
        {
            Description = "Add the SHA-256 of each tensor's elements, row-major and little-endian: equal for equal tensors in any format.",
        };
        var diff = new Option<string?>("--diff")
        {
            Description = "Compare with the tensors of the same names in another checkpoint, as llm360 compare does.",
            HelpName = "OTHER",
        };
        var json = new Option<bool>("--json")
        {
            Description = "Print JSON, hashes included; a failure as {\"error\": {\"category\", \"message\", \"file\", ...}}.",
        };
        const string description = "Show the tensors of a checkpoint in any format that is read: safetensors, torch.save's, shards. "
            + "Nothing from the file is executed.";
        var command = new Command("inspect", description) { path, stats, hash, diff, json };
        command.Run("Run it again.", (parsed, screen, cancellation) => RunAsync(
            parsed.GetValue(path)!, parsed.GetValue(diff), parsed.GetValue(stats), parsed.GetValue(hash), parsed.GetValue(json),
                screen, cancellation));
        return command;
    }

    /// <summary>Inspects a checkpoint, or compares it with another.</summary>
    public static async Task<int> RunAsync(
        string name, string? otherName, bool stats, bool hash, bool json, Screen screen, CancellationToken cancellation)
    {
        try
        {
            // Both names are resolved before either checkpoint is fetched.
            var (first, second) = (Suites.FindCheckpoint(name), otherName is null ? null : Suites.FindCheckpoint(otherName));
            using var weights = StateDict.Open(await ModelOptions.FetchAsync(first, screen, cancellation).ConfigureAwait(false));
            using var other = second is null ? null : StateDict.Open(await ModelOptions.FetchAsync(second, screen, cancellation)
                .ConfigureAwait(false));
            var inspection = new TensorInspection(weights, other, stats, hash || json);
            var tensors = await screen.WatchAsync(progress => inspection.RunAsync(progress, cancellation)).ConfigureAwait(false);
            if (json)
                screen.Out.WriteLine(InspectJson.Of(weights, other, tensors));
            else
                Show(screen, weights, other, tensors);
            return 0;
        }
        catch (Llm360Exception e) when (json)
        {
            screen.Out.WriteLine(InspectJson.Of(e));
            return Shared.Failed;
        }
    }

    private static void Show(Screen screen, StateDict weights, StateDict? other, IReadOnlyList<InspectedTensor> tensors)
    {
        List<(string Header, Func<InspectedTensor, string?> Cell)> columns =
        [
            ("tensor", t => Printable(t.Entry.Name)),
            ("shape", t => $"[{string.Join(", ", t.Entry.Shape)}]"),
            ("type", t => t.Entry.DType),
            ("bytes", t => t.Entry.Length.ToString("N0", CultureInfo.InvariantCulture)),
        ];
        if (weights.Files.Count > 1)
            columns.Add(("shard", t => Path.GetFileName(t.Entry.File)));
        if (tensors.Any(t => t.Statistics is not null))
        {
            columns.AddRange(
            [
                ("mean", t => Number(t.Statistics?.Mean)),
                ("std", t => Number(t.Statistics?.Std)),
                ("min", t => Number(t.Statistics?.Min)),
                ("max", t => Number(t.Statistics?.Max)),
                ("not finite", t => t.Statistics?.NonFinite.ToString(CultureInfo.InvariantCulture)),
            ]);
        }

        if (other is not null)
            columns.AddRange(Differences());
        if (tensors.Any(t => t.Hash is not null))
            columns.Add(("sha256", t => t.Hash));
        screen.Result(weights.Path, [.. columns.Select(c => c.Header)], tensors.Select(t => columns.Select(c => c.Cell(t) ?? "").ToList()));
        screen.Result(string.Create(
            CultureInfo.InvariantCulture,
            $"{tensors.Count} tensors, {tensors.Sum(t => t.Entry.Count):N0} elements, {tensors.Sum(t => t.Entry.Length):N0} bytes; "
                + $"{weights.Format}, {weights.Files.Count} file(s)"));
        if (other is not null)
            Compare(screen, weights, other, tensors);
    }

    private static IEnumerable<(string Header, Func<InspectedTensor, string?> Cell)> Differences() =>
    [
        ("norm of a - b", t => t.Distance is null ? "not comparable" : Number(t.Distance.Distance)),
        ("relative", t => Number(t.Distance?.Relative)),
        ("largest |a - b|", t => Number(t.Distance?.Largest)),
        ("cosine", t => t.Distance?.Cosine.ToString("0.000000", CultureInfo.InvariantCulture)),
        ("elements that differ", t => t.Distance?.Different.ToString("N0", CultureInfo.InvariantCulture)),
    ];

    private static void Compare(Screen screen, StateDict weights, StateDict other, IReadOnlyList<InspectedTensor> tensors)
    {
        screen.Result($"a is {weights.Path}, b is {other.Path}. The norm is the Euclidean one, relative is the norm of a - b over that "
            + "of b.");
        List<string> missing = [.. other.Entries.Keys.Where(n => !weights.Entries.ContainsKey(n))];
        foreach (var name in missing)
            screen.Result($"only in the other: {Printable(name)}");
        var differing = tensors.Count(t => t.Distance is not { Different: 0 }) + missing.Count;
        screen.Result(differing == 0 ? "All tensors are equal." : string.Create(CultureInfo.InvariantCulture,
            $"{differing} tensors differ."));
    }

    // A terminal would execute control characters.
    private static string Printable(string name) => string.Concat(name.Select(c => char.IsControl(c) ? '\uFFFD' : c));

    private static string? Number(double? value) => value is 0 ? "0" : value?.ToString("0.####e+0", CultureInfo.InvariantCulture);
}
