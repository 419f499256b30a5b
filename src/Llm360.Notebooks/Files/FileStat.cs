// The kind of file at a path, found without opening it: file, folder, link, or pipe or device.
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Llm360.Notebooks;

/// <summary>Kinds of files.</summary>
internal enum FileKind
{
    /// <summary>A regular file.</summary>
    File,

    /// <summary>A folder.</summary>
    Folder,

    /// <summary>A symbolic link, or a reparse point of Windows.</summary>
    Link,

    /// <summary>A named pipe, a device or a socket. Opening a pipe can block forever.</summary>
    Special,
}

/// <summary>Kind and identity of a file.</summary>
/// <param name="Kind">File, folder, link or other.</param>
/// <param name="Size">Bytes.</param>
/// <param name="Modified">
/// Modification time: nanoseconds since 1970 on Unix, ticks on Windows.
/// </param>
/// <param name="Device">Number of the file system; 0 on Windows.</param>
/// <param name="Inode">Number of the file in the file system; 0 on Windows.</param>
internal readonly partial record struct FileStat(FileKind Kind, long Size, long Modified, long Device, long Inode)
{
    private const int TypeMask = 0xF000, FolderType = 0x4000, FileType = 0x8000, LinkType = 0xA000; // POSIX's S_IFMT
    private const int NoEntry = 2, NotPermitted = 13, NotFolder = 20; // errno, the same on every Unix

    /// <summary>The file at a path; a link is not followed. Null if there is none.</summary>
    /// <exception cref="IOException">The path cannot be looked up.</exception>
    /// <exception cref="UnauthorizedAccessException">
    /// A folder on the path cannot be entered.
    /// </exception>
    public static FileStat? Of(string path) =>
        OperatingSystem.IsWindows() ? OnWindows(path) : Result(LinkStatus(path, out var status), status, path);

    /// <summary>The file at a path; links are followed. Null if there is none.</summary>
    /// <inheritdoc cref="Of(string)" path="/exception"/>
    public static FileStat? Following(string path) =>
        OperatingSystem.IsWindows() ? OnWindows(Resolved(path)) : Result(Status(path, out var status), status, path);

    /// <summary>The kind of an open file. Null on Windows.</summary>
    /// <exception cref="IOException">The handle cannot be looked up.</exception>
    public static FileStat? Of(SafeFileHandle handle) =>
        OperatingSystem.IsWindows() ? null : Result(HandleStatus(handle, out var status), status, "an open file");

    private static FileStat? Result(int result, in NativeStatus status, string path)
    {
        const int nanoseconds = 1_000_000_000;
        var error = Marshal.GetLastPInvokeError();
        if (result != 0)
        {
            return error switch
            {
                NoEntry or NotFolder => null,
                NotPermitted => throw new UnauthorizedAccessException($"Access to '{path}' is denied."),
                _ => throw new IOException($"{Marshal.GetPInvokeErrorMessage(error)}: '{path}'"),
            };
        }

        var kind = (status.Mode & TypeMask) switch
        {
            FileType => FileKind.File,
            FolderType => FileKind.Folder,
            LinkType => FileKind.Link,
            _ => FileKind.Special,
        };
        return new FileStat(kind, status.Size, (status.Modified * nanoseconds) + status.ModifiedNanoseconds, status.Device, status.Inode);
    }

    private static FileStat? OnWindows(string path)
    {
        if (path.StartsWith(@"\\.\", StringComparison.Ordinal)) // A device or a named pipe.
            return new FileStat(FileKind.Special, 0, 0, 0, 0);
        FileSystemInfo entry = new DirectoryInfo(path);
        if (!entry.Exists)
            entry = new FileInfo(path);
        if (!entry.Exists)
            return null;
        var kind = entry.Attributes.HasFlag(FileAttributes.ReparsePoint) ? FileKind.Link
            : entry is DirectoryInfo ? FileKind.Folder
            : entry.Attributes.HasFlag(FileAttributes.Device) ? FileKind.Special
            : FileKind.File;
        return new FileStat(kind, (entry as FileInfo)?.Length ?? 0, entry.LastWriteTimeUtc.Ticks, 0, 0);
    }

    private static string Resolved(string path) => File.ResolveLinkTarget(path, returnFinalTarget: true)?.FullName ?? path;

    // The runtime's own wrapper of stat(2): its structure is the same on every Unix, unlike that of
    // the C library.
    [LibraryImport("libSystem.Native", EntryPoint = "SystemNative_LStat", StringMarshalling = StringMarshalling.Utf8, SetLastError = true)]
    private static partial int LinkStatus(string path, out NativeStatus status);

    [LibraryImport("libSystem.Native", EntryPoint = "SystemNative_Stat", StringMarshalling = StringMarshalling.Utf8, SetLastError = true)]
    private static partial int Status(string path, out NativeStatus status);

    [LibraryImport("libSystem.Native", EntryPoint = "SystemNative_FStat", SetLastError = true)]
    private static partial int HandleStatus(SafeFileHandle handle, out NativeStatus status);

    [StructLayout(LayoutKind.Sequential)]
    private struct NativeStatus
    {
        public int Flags;
        public int Mode;
        public uint User;
        public uint Group;
        public long Size;
        public long Accessed;
        public long AccessedNanoseconds;
        public long Modified;
        public long ModifiedNanoseconds;
        public long Changed;
        public long ChangedNanoseconds;
        public long Born;
        public long BornNanoseconds;
        public long Device;
        public long DeviceOfSpecial;
        public long Inode;
        public uint UserFlags;
    }
}
