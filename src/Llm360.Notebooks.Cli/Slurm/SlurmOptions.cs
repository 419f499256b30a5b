// The options of a grid on Slurm and of its workers.
using System.CommandLine;
using System.CommandLine.Parsing;

namespace Llm360.Notebooks.Cli.Slurm;

/// <summary>A request to Slurm from the command line.</summary>
/// <param name="IsDryRun">Whether the scripts are only shown.</param>
/// <param name="TaskMinutes">Intended running time of a task.</param>
/// <param name="CellSeconds">Time of a cell; null if it is to be measured.</param>
/// <param name="MaxTasks">Largest number of tasks; null for the limits of the cluster.</param>
/// <param name="Parallel">Number of tasks of an array that run at once; null for all.</param>
/// <param name="Minutes">Time limit of a task in minutes.</param>
/// <param name="Cpus">Processors of a task; null for the cluster's default.</param>
/// <param name="Gpus">GPUs of a task; null for none.</param>
/// <param name="Lines">Other options of sbatch, for example <c>--partition=gpu</c>.</param>
/// <param name="Given">The options as they were given.</param>
internal sealed record SlurmRequest(
    bool IsDryRun,
    int TaskMinutes,
    double? CellSeconds,
    int? MaxTasks,
    int? Parallel,
    int Minutes,
    int? Cpus,
    int? Gpus,
    IReadOnlyList<string> Lines,
    IReadOnlyList<string> Given);

/// <summary><c>--slurm --partition gpu --time 60 --cpus 8</c></summary>
internal sealed class SlurmOptions
{
    private const int UsualTaskMinutes = 20, ShortestLimit = 30, LimitFactor = 3;

    private readonly Option<bool> slurm = new("--slurm") { Description = "Submit the grid to Slurm as a job array and return." };

    private readonly Option<bool> dryRun = new("--dry-run")
    {
        Description = "With --slurm: show the cost and the scripts, and submit nothing.",
    };

    private readonly Option<string?> partition = new("--partition") { Description = "With --slurm: the partition." };
    private readonly Option<string?> account = new("--account") { Description = "With --slurm: the account." };

    private readonly Option<int?> time = new("--time")
    {
        Description = "With --slurm: time limit of a task in minutes (default: three times --task-minutes, at least 30).",
        HelpName = "minutes",
    };

    private readonly Option<int?> cpus = new("--cpus") { Description = "With --slurm: processors of a task." };
    private readonly Option<int?> gpus = new("--gpus") { Description = "With --slurm: GPUs of a task." };
    private readonly Option<string?> memory = new("--memory") { Description = "With --slurm: memory of a task, for example 16G." };

    private readonly Option<int> taskMinutes = new("--task-minutes")
    {
        Description = "With --slurm: how long a task should run. More cells go into a task where cells are short.",
        DefaultValueFactory = _ => UsualTaskMinutes,
        HelpName = "minutes",
    };

    private readonly Option<double?> cellSeconds = new("--cell-seconds")
    {
        Description = "With --slurm: time of a cell (default: as measured by an earlier run; else one cell is computed here).",
        HelpName = "seconds",
    };

    private readonly Option<int?> maxTasks = new("--max-tasks")
    {
        Description = "With --slurm: how many tasks to submit at most (default: the limits of the cluster).",
    };

    private readonly Option<int?> parallel = new("--parallel") { Description = "With --slurm: how many tasks run at once." };

    private readonly Option<string[]> sbatch = new("--sbatch")
    {
        Description = "With --slurm: another option of sbatch, for example --sbatch=--qos=long. It may be given again.",
        HelpName = "--name=value",
    };

    private IReadOnlyList<Option> Details =>
        [dryRun, partition, account, time, cpus, gpus, memory, taskMinutes, cellSeconds, maxTasks, parallel, sbatch];

    /// <summary>All options.</summary>
    public IReadOnlyList<Option> All => [slurm, .. Details];

    /// <summary>The request to Slurm; null for a grid that runs here.</summary>
    /// <exception cref="Llm360Exception">
    /// An option is out of range, or is given without --slurm.
    /// </exception>
    public SlurmRequest? Of(ParseResult parsed)
    {
        List<OptionResult> given = [.. Details.Select(parsed.GetResult).OfType<OptionResult>().Where(r => !r.Implicit)];
        if (!parsed.GetValue(slurm))
        {
            return given.Count == 0 ? null : throw new Llm360Exception(
                $"{given[0].Option.Name} has a meaning only with --slurm.", given[0].Option.Name, "Add --slurm, or leave it out.");
        }

        foreach (var option in new Option[] { time, cpus, gpus, taskMinutes, cellSeconds, maxTasks, parallel })
            RequirePositive(parsed, option);
        return new SlurmRequest(
            parsed.GetValue(dryRun),
            parsed.GetValue(taskMinutes),
            parsed.GetValue(cellSeconds),
            parsed.GetValue(maxTasks),
            parsed.GetValue(parallel),
            parsed.GetValue(time) ?? Math.Max(ShortestLimit, LimitFactor * parsed.GetValue(taskMinutes)),
            parsed.GetValue(cpus),
            parsed.GetValue(gpus),
            [.. Lines(parsed)],
            CommandArguments.Of(given.Where(r => r.Option != dryRun)));
    }

    private IEnumerable<string> Lines(ParseResult parsed)
    {
        foreach (var (name, value) in new[]
        {
            ("partition", parsed.GetValue(partition)), ("account", parsed.GetValue(account)), ("mem", parsed.GetValue(memory)),
        })
        {
            if (value is not null)
                yield return $"--{name}={value}";
        }

        foreach (var line in parsed.GetValue(sbatch) ?? [])
        {
            yield return line.StartsWith("--", StringComparison.Ordinal) && !line.Contains('\n', StringComparison.Ordinal) ? line
                : throw new Llm360Exception($"\"{line}\" is no option of sbatch.", "--sbatch", "Write --sbatch=--name=value.");
        }
    }

    private static void RequirePositive(ParseResult parsed, Option option)
    {
        double? value = option switch
        {
            Option<int?> whole => parsed.GetValue(whole),
            Option<int> whole => parsed.GetValue(whole),
            Option<double?> number => parsed.GetValue(number),
            _ => null,
        };
        if (value is <= 0 or double.NaN or double.PositiveInfinity)
            throw new Llm360Exception($"{option.Name} takes a number above 0.", option.Name, "Give a larger number.");
    }
}
