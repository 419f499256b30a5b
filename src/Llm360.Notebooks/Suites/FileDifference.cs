// One file of a suite that differs from the suite's list.
using System.Globalization;

namespace Llm360.Notebooks;

/// <summary>How a file differs from the list of a suite.</summary>
internal enum FileState
{
    /// <summary>The file, or the whole folder of a checkpoint, does not exist.</summary>
    Missing,

    /// <summary>The file has a different size.</summary>
    Size,

    /// <summary>The file has the correct size, but a different SHA-256.</summary>
    Content,

    /// <summary>The file exists but cannot be read.</summary>
    Unreadable,

    /// <summary>The file exists but is not in the list, so it cannot be checked.</summary>
    NotListed,
}

/// <summary>A file that differs from the list of its suite.</summary>
/// <param name="Path">
/// Relative to the suite's folder, with '/'. A missing checkpoint is named by its folder, with '/'
/// at the end.
/// </param>
/// <param name="State">How it differs.</param>
/// <param name="Detail">The same in words, with sizes or the cause.</param>
internal sealed record FileDifference(string Path, FileState State, string Detail)
{
    /// <summary>
    /// For example <c>ckpt_002/model.safetensors (1,000 bytes instead of 98,765)</c>.
    /// </summary>
    public override string ToString() => $"{Path} ({Detail})";

    /// <summary>The checkpoint of the file; null for other files.</summary>
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
