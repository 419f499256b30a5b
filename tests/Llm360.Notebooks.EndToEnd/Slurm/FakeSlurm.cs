// Commands of Slurm that note what they are given, for tests of what is submitted.

namespace Llm360.Notebooks.EndToEnd.Slurm;

/// <summary>A folder for PATH with sbatch, scontrol, squeue and sinfo as small scripts.</summary>
internal sealed class FakeSlurm : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("llm360-fake-").FullName;

    public FakeSlurm()
    {
        // The scripts that were submitted are job-1.sh, job-2.sh, ...
        Write("sbatch", """
            [ "$1" = --version ] && { echo "slurm 1.0"; exit 0; }
            n=$(($(ls "$HERE" | grep -c '^job-') + 1))
            if [ -e "$HERE/refuse" ] && [ "$n" -ge "$(cat "$HERE/from")" ]; then cat "$HERE/refuse" >&2; exit 1; fi
            cp "$2" "$HERE/job-$n.sh"
            echo "$((100 + n));cluster"
            """);
        Config("MaxArraySize = 1001", "MaxJobCount = 10000");
        Write("squeue", """[ -e "$HERE/queue" ] && cat "$HERE/queue"; exit 0""");
        Write("sinfo", "echo short; echo long");
        // A machine may have a Slurm: then only this folder is on PATH.
        foreach (var command in new[] { "hostname", "date", "sleep" })
            Write(command, $"exec {command} \"$@\"");
    }

    /// <summary>The folder.</summary>
    public string Folder => folder;

    /// <summary>The scripts that were accepted.</summary>
    public IReadOnlyList<string> Scripts =>
        [.. Directory.GetFiles(folder, "job-*.sh").OrderBy(f => f.Length).ThenBy(f => f, StringComparer.Ordinal).Select(File.ReadAllText)];

    /// <summary>What <c>scontrol show config</c> says; other uses are noted in
    /// <c>scontrol.log</c>.</summary>
    public void Config(params string[] lines) => Write("scontrol", $"""
        if [ "$1" = show ]; then printf '%s\n' {string.Join(' ', lines.Select(l => $"'{l}'"))}; else echo "$@" >> "$HERE/scontrol.log"; fi
        """);

    /// <summary>Lines of the queue.</summary>
    public void Queue(params string[] lines) => File.WriteAllLines(Path.Combine(folder, "queue"), lines);

    /// <summary>Refuses the arrays from a number on.</summary>
    public void Refuse(string error, int from = 1)
    {
        File.WriteAllText(Path.Combine(folder, "from"), $"{from}");
        File.WriteAllText(Path.Combine(folder, "refuse"), error);
    }

    /// <summary>Accepts all arrays.</summary>
    public void Accept() => File.Delete(Path.Combine(folder, "refuse"));

    public void Dispose() => Directory.Delete(folder, recursive: true);

    private void Write(string command, string body)
    {
        var path = Path.Combine(folder, command);
        File.WriteAllText(path, $"#!/bin/bash\nPATH=/usr/bin:/bin\nHERE={folder}\n{body}\n");
        if (!OperatingSystem.IsWindows())
            File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
    }
}
