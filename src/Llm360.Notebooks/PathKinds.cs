// What stands at a path: a plain file, a folder, a link, or something whose reading may never end.
using System.Runtime.InteropServices;

namespace Llm360.Notebooks;

/// <summary>What stands at a path.</summary>
internal enum PathKind
{
    /// <summary>Nothing, or a link to nothing.</summary>
    Missing,

    /// <summary>A plain file.</summary>
    File,

    /// <summary>A folder.</summary>
    Folder,

    /// <summary>A symbolic link; told only where links are not followed.</summary>
    Link,

    /// <summary>A named pipe, a device or a socket. Opening or reading it may never end.</summary>
    Other,
}

/// <summary>Tells what stands at a path without opening it.</summary>
/// <remarks>
/// .NET shows a named pipe as a plain file of length 0, as it shows an empty file. So the system is asked:
/// by <c>statx</c> on Linux, whose structure is the same on all processors, and by <c>stat</c> on macOS.
/// </remarks>
internal static unsafe partial class PathKinds
{
    private const int TypeMask = 0xF000, Folder = 0x4000, File = 0x8000, Link = 0xA000;

    /// <summary>What stands at a path.</summary>
    /// <param name="path">The path.</param>
    /// <param name="followLinks">Whether a link is what it leads to.</param>
    public static PathKind Of(string path, bool followLinks = true)
    {
        var info = new FileInfo(path);
        if (!followLinks && info.LinkTarget is not null)
            return PathKind.Link;
        if (Mode(info.FullName, followLinks) is not { } mode)
        {
            return Directory.Exists(path) ? PathKind.Folder
                : path.StartsWith(@"\\.\", StringComparison.Ordinal) ? PathKind.Other // Windows: devices and named pipes.
                : info.Exists ? PathKind.File : PathKind.Missing;
        }

        return (mode & TypeMask) switch
        {
            0 => PathKind.Missing,
            File => PathKind.File,
            Folder => PathKind.Folder,
            Link => PathKind.Link,
            _ => PathKind.Other,
        };
    }

    /// <summary>How a kind is called in an error.</summary>
    public static string Name(this PathKind kind) => kind switch
    {
        PathKind.File => "a file",
        PathKind.Folder => "a folder",
        PathKind.Link => "a link",
        PathKind.Other => "a named pipe, a device or a socket",
        _ => "missing",
    };

    // The type and permission bits; 0 where there is nothing; null where the system cannot be asked.
    private static int? Mode(string path, bool followLinks)
    {
        const int length = 256, currentFolder = -100, noFollow = 0x100, wanted = 0x1, linuxMode = 28, macMode = 4;
        var status = stackalloc byte[length];
        try
        {
            if (OperatingSystem.IsLinux())
                return Statx(currentFolder, path, followLinks ? 0 : noFollow, wanted, status) == 0 ? *(ushort*)(status + linuxMode) : 0;
            if (OperatingSystem.IsMacOS() && RuntimeInformation.ProcessArchitecture == Architecture.Arm64)
                return (followLinks ? Stat(path, status) : Lstat(path, status)) == 0 ? *(ushort*)(status + macMode) : 0;
        }
        catch (Exception e) when (e is DllNotFoundException or EntryPointNotFoundException)
        {
            // An older C library: .NET's own answer is used.
        }

        return null;
    }

    [LibraryImport("libc", EntryPoint = "statx", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Statx(int folder, string path, int flags, uint mask, byte* status);

    [LibraryImport("libc", EntryPoint = "stat", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Stat(string path, byte* status);

    [LibraryImport("libc", EntryPoint = "lstat", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Lstat(string path, byte* status);
}
