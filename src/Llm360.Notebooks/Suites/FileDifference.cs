// One file of a suite that is not as its list says.
using System.Globalization;

namespace Llm360.Notebooks;

/// <summary>How a file differs from the list of a suite.</summary>
internal enum FileState
{
    /// <summary>The file, or the whole folder of a checkpoint, is not there.</summary>
    Missing,

    /// <summary>The file has another size.</summary>
    Size,

    /// <summary>The file has the size, but not the SHA-256.</summary>
    Content,

    /// <summary>The file is there but cannot be read.</summary>
    Unreadable,

    /// <summary>The file is there but not in the list, so it cannot be checked.</summary>
    NotListed,
}

/// <summary>A file that is not as the list of its suite says.</summary>
/// <param name="Path">Relative to the suite's folder, with '/'; a missing checkpoint is named by
/// its folder, with '/' at the end.</param>
/// <param name="State">How it differs.</param>
/// <param name="Detail">The same in words, with sizes or the cause.</param>
internal sealed record FileDifference(string Path, FileState State, string Detail)
{
    /// <summary>
    /// For example <c>ckpt_002/model.safetensors (1,000 bytes instead of 98,765)</c>.
    /// </summary>
    public override string ToString() => $"{Path} ({Detail})";

    /// <summary>The checkpoint that the file belongs to; null for other files.</summary>
    internal int? Checkpoint => SuiteLayout.CheckpointNumber(Path.Split('/')[0]);

    internal static FileDifference Missing(string path) => new(path, FileState.Missing, "missing");

    internal static FileDifference NotListed(string path) =>
        new(path, FileState.NotListed, $"not in {SuiteLayout.Files}: cannot be checked");

    internal static FileDifference OtherSize(string path, long size, long listed) =>
        new(path, FileState.Size, string.Create(CultureInfo.InvariantCulture, $"{size:N0} bytes instead of {listed:N0}"));

    internal static FileDifference OtherContent(string path) => new(path, FileState.Content, "other content than was written");

    internal static FileDifference Unreadable(string path, Exception cause) =>
        new(path, FileState.Unreadable, $"cannot be read: {cause.Message}");
}
