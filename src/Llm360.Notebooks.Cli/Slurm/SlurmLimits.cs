// The limits of a cluster, from scontrol.
using System.Globalization;

namespace Llm360.Notebooks.Cli.Slurm;

/// <summary>Limits of the number of submitted tasks.</summary>
/// <param name="MaxArraySize">The largest index of an array plus one.</param>
/// <param name="MaxJobs">
/// Largest number of tasks in the queue for a user or for all users; null if not limited.
/// </param>
internal sealed record SlurmLimits(int MaxArraySize, int? MaxJobs)
{
    // Slurm's own default.
    private const int UsualArraySize = 1001;
    private static readonly string[] JobLimits = ["MaxSubmitJobs", "MaxSubmitJobsPerUser", "MaxJobCount"];

    /// <summary>The limits that are used without a cluster.</summary>
    public static SlurmLimits Usual { get; } = new(UsualArraySize, null);

    /// <summary>Reads the cluster's limits; the usual limits if it does not answer.</summary>
    public static async Task<SlurmLimits> ReadAsync(CancellationToken cancellation) =>
        Of(await SlurmTool.LinesAsync("scontrol", cancellation, "show", "config").ConfigureAwait(false) ?? []);

    /// <summary>Reads lines such as <c>MaxArraySize = 1001</c>.</summary>
    public static SlurmLimits Of(IEnumerable<string> lines)
    {
        var numbers = (from line in lines
                       let sides = line.Split('=', 2, StringSplitOptions.TrimEntries)
                       where sides.Length == 2
                       let number = int.TryParse(sides[1], NumberStyles.None, CultureInfo.InvariantCulture, out var n) ? n : 0
                       where number > 0
                       select (Name: sides[0], Number: number)).ToLookup(s => s.Name, s => s.Number);
        List<int> jobs = [.. JobLimits.SelectMany(l => numbers[l])];
        return new SlurmLimits(numbers["MaxArraySize"].FirstOrDefault(UsualArraySize), jobs.Count > 0 ? jobs.Min() : null);
    }
}
