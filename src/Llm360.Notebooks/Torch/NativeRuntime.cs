// Settings of the C runtime for LibTorch, made before it is loaded: idle threads and memory.
using System.Runtime.InteropServices;

namespace Llm360.Notebooks;

/// <summary>
/// Prepares OpenMP and glibc's allocator for LibTorch. Settings of the user are kept.
/// </summary>
internal static partial class NativeRuntime
{
    private const int TrimThreshold = -1, TopPad = -2, MapThreshold = -3; // glibc's malloc.h

    /// <summary>Applies the settings.</summary>
    public static void Prepare()
    {
        if (!OperatingSystem.IsLinux())
            return;
        WaitPassively();
        if (Environment.GetEnvironmentVariable("MALLOC_MMAP_THRESHOLD_") is null)
            KeepMemory();
    }

    // Lets idle threads sleep instead of spin. This costs about 5% on an otherwise idle machine and
    // doubles the speed on a busy one. The variable must reach the C library before libgomp reads
    // it; .NET's own copy of the environment does not.
    private static void WaitPassively()
    {
        if (Environment.GetEnvironmentVariable("OMP_WAIT_POLICY") is null)
            _ = SetVariable("OMP_WAIT_POLICY", "passive", overwrite: 0);
    }

    // By default glibc returns every large temporary to the system and allocates it again, page
    // fault by page fault. This halves LibTorch's speed on some machines. With these settings freed
    // memory is kept and reused. The process stays at its peak, which it needs anyway.
    private static void KeepMemory()
    {
        try
        {
            _ = SetOption(MapThreshold, 1 << 30);
            _ = SetOption(TrimThreshold, int.MaxValue);
            _ = SetOption(TopPad, 64 << 20);
        }
        catch (EntryPointNotFoundException)
        {
            // The C library is not glibc; it has no such options and works without them.
        }
    }

    [LibraryImport("libc", EntryPoint = "setenv", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int SetVariable(string name, string value, int overwrite);

    [LibraryImport("libc", EntryPoint = "mallopt")]
    private static partial int SetOption(int option, int value);
}
