// The user's tasks in Slurm's queue.

namespace Llm360.Notebooks.Cli.Slurm;

/// <summary>The queue.</summary>
internal static class SlurmQueue
{
    /// <summary>
    /// The states of the user's tasks by their names, <c>77_3</c>; null if no cluster answers.
    /// A state is, for example, <c>RUNNING</c> or <c>PENDING (BeginTime)</c>.
    /// </summary>
    public static async Task<IReadOnlyDictionary<string, string>?> ReadAsync(CancellationToken cancellation)
    {
        string[] arguments = ["--noheader", "--array", $"--user={Environment.UserName}", "--format=%F_%K|%T|%r"];
        var lines = await SlurmTool.LinesAsync("squeue", cancellation, arguments).ConfigureAwait(false);
        return lines is null ? null :
            (from line in lines
             let fields = line.Split('|')
             where fields.Length == 3
             let reason = fields[1] == "PENDING" && fields[2] is not ("None" or "") ? $" ({fields[2]})" : ""
             select (Task: fields[0], State: fields[1] + reason)).DistinctBy(t => t.Task).ToDictionary(t => t.Task, t => t.State);
    }
}
