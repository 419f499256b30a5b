// One side of a benchmark: a process that waits for its turn, so that sides alternate undisturbed.
using System.Diagnostics;
using System.Globalization;
using System.Text.Json.Nodes;

namespace Llm360.Notebooks.Benchmarks;

/// <summary>A process that answers each line of seconds on its input with one line of JSON on its
/// output.</summary>
internal sealed class Contender : IDisposable
{
    private readonly Process process;

    private Contender(string name, Process process) => (Name, this.process) = (name, process);

    /// <summary>
    /// glibc returns large blocks to the system at once and requests them again. Where page faults
    /// are expensive, that halves the speed of code with large temporaries. The strongest peer is
    /// one that keeps its memory.
    /// </summary>
    public static IReadOnlyDictionary<string, string> MemoryKept { get; } = new Dictionary<string, string>
    {
        ["MALLOC_MMAP_THRESHOLD_"] = "1000000000",
        ["MALLOC_TRIM_THRESHOLD_"] = "4000000000",
        ["MALLOC_TOP_PAD_"] = "200000000",
    };

    public string Name { get; }

    /// <summary>Starts this program again with other arguments.</summary>
    public static Contender Self(string name, IEnumerable<string> arguments, IReadOnlyDictionary<string, string>? environment = null)
    {
        var program = Environment.ProcessPath!;
        var isHost = Path.GetFileNameWithoutExtension(program) == "dotnet";
        return Start(name, program, isHost ? [typeof(Contender).Assembly.Location, .. arguments] : arguments, environment);
    }

    /// <summary>Starts a program.</summary>
    public static Contender Start(
        string name, string program, IEnumerable<string> arguments, IReadOnlyDictionary<string, string>? environment = null)
    {
        var start = new ProcessStartInfo(program, arguments) { RedirectStandardInput = true, RedirectStandardOutput = true };
        foreach (var variable in start.Environment.Keys.Where(k => k.StartsWith("OPENBLAS_", StringComparison.Ordinal)).ToList())
            start.Environment.Remove(variable);
        foreach (var (key, value) in environment ?? new Dictionary<string, string>())
            start.Environment[key] = value;
        return new Contender(name, Process.Start(start)!);
    }

    /// <summary>Lets it work for some seconds; 0 only warms up.</summary>
    public JsonObject Turn(double seconds)
    {
        process.StandardInput.WriteLine(seconds.ToString(CultureInfo.InvariantCulture));
        process.StandardInput.Flush();
        var line = process.StandardOutput.ReadLine()
            ?? throw new InvalidOperationException($"{Name} ended without an answer; see its messages above.");
        return JsonNode.Parse(line)!.AsObject();
    }

    public void Dispose()
    {
        process.StandardInput.Close(); // the end of its input is the end of its work
        if (!process.WaitForExit(TimeSpan.FromSeconds(10)))
            process.Kill();
        process.Dispose();
    }
}
