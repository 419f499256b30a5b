// The process that owns a lease: its machine, and whether it has ended.
using System.Globalization;
using System.Text.Json.Serialization;

namespace Llm360.Notebooks;

/// <summary>A worker of a grid.</summary>
/// <param name="Machine">
/// The machine. On Linux, the name is followed by the boot id and the namespace of process numbers,
/// because a process number is meaningless after a restart or in another container.
/// </param>
/// <param name="Process">Number of the process.</param>
/// <param name="Started">Start time of the process, in ticks of the system; 0 if unknown.</param>
/// <param name="Task">The task of a Slurm array, for example <c>77_3</c>; null for none.</param>
internal sealed record LeaseOwner(string Machine, int Process, long Started, string? Task)
{
    /// <summary>Variables that keep their values when Slurm requeues a task.</summary>
    public const string ArrayVariable = "SLURM_ARRAY_JOB_ID", TaskVariable = "SLURM_ARRAY_TASK_ID";

    private const char Separator = ' ';

    /// <summary>This process.</summary>
    public static LeaseOwner Current { get; } =
        new(ThisMachine(), Environment.ProcessId, StartOf(Environment.ProcessId), SlurmTask());

    /// <summary>Name of the machine alone.</summary>
    [JsonIgnore]
    public string Host => Machine.Split(Separator)[0];

    /// <summary>
    /// Whether the process is known to have ended. False for processes on other machines.
    /// </summary>
    [JsonIgnore]
    public bool HasEnded
    {
        get
        {
            if (Machine != Current.Machine)
                return false;
            if (!IsRunning(Process))
                return true;
            var started = StartOf(Process);
            return started != 0 && Started != 0 && started != Started;
        }
    }

    private static string? SlurmTask() =>
        Environment.GetEnvironmentVariable(ArrayVariable) is { Length: > 0 } array
        && Environment.GetEnvironmentVariable(TaskVariable) is { Length: > 0 } task ? $"{array}_{task}" : null;

    private static string ThisMachine()
    {
        if (!OperatingSystem.IsLinux())
            return Environment.MachineName;
        try
        {
            var boot = File.ReadAllText("/proc/sys/kernel/random/boot_id").Trim();
            return string.Join(Separator, Environment.MachineName, boot, new FileInfo("/proc/self/ns/pid").LinkTarget);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // No other process is then known to have ended; their leases expire.
            return string.Join(Separator, Environment.MachineName, Guid.NewGuid().ToString("N"));
        }
    }

    private static bool IsRunning(int process)
    {
        try
        {
            using var found = System.Diagnostics.Process.GetProcessById(process);
            return !IsZombie(process);
        }
        catch (ArgumentException)
        {
            return false;
        }
    }

    private static bool IsZombie(int process) => StatusOf(process) is ["Z" or "X", ..];

    private static long StartOf(int process)
    {
        const int start = 19; // Field 22 of proc(5), counted from the state.
        return StatusOf(process) is { Length: > start } fields
            && long.TryParse(fields[start], CultureInfo.InvariantCulture, out var ticks) ? ticks : 0;
    }

    // The fields after the program's name, which may contain any character; null if there is no
    // such file.
    private static string[]? StatusOf(int process)
    {
        if (!OperatingSystem.IsLinux())
            return null;
        try
        {
            var text = File.ReadAllText(string.Create(CultureInfo.InvariantCulture, $"/proc/{process}/stat"));
            return text[(text.LastIndexOf(')') + 1)..].Split(' ', StringSplitOptions.RemoveEmptyEntries);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }
}
