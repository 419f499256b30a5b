// Settings of the C runtime beneath LibTorch, made before it is loaded: how idle threads wait, what the allocator keeps.
using System.Runtime.InteropServices;

namespace Llm360.Notebooks;

/// <summary>Prepares OpenMP and glibc's allocator for LibTorch. What the user has set stays.</summary>
internal static partial class NativeRuntime
{
    private const int TrimThreshold = -1, TopPad = -2, MapThreshold = -3; // glibc's malloc.h

    /// <summary>Makes the settings.</summary>
    public static void Prepare()
    {
        if (!OperatingSystem.IsLinux())
            return;
        WaitPassively();
        if (Environment.GetEnvironmentVariable("MALLOC_MMAP_THRESHOLD_") is null)
            KeepMemory();
    }

    // Lets idle threads sleep instead of spin. Costs about 5 % on a quiet machine, and doubles the speed on one that has other work.
    // The variable must reach the C library before libgomp reads it: .NET's own copy of the environment does not.
    private static void WaitPassively()
    {
        if (Environment.GetEnvironmentVariable("OMP_WAIT_POLICY") is null)
            _ = SetVariable("OMP_WAIT_POLICY", "passive", overwrite: 0);
    }

    // glibc gives every large temporary back to the system and takes it anew, page fault by page fault, which halves LibTorch's speed on some machines.
    // Kept, freed memory is used again; the process stays at its peak, which is what it needs anyway.
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
            // Another C library than glibc: it has no such options, and works as it is.
        }
    }

    [LibraryImport("libc", EntryPoint = "setenv", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int SetVariable(string name, string value, int overwrite);

    [LibraryImport("libc", EntryPoint = "mallopt")]
    private static partial int SetOption(int option, int value);
}
