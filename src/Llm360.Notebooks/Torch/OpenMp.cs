// How LibTorch's threads wait for one another.
using System.Runtime.InteropServices;

namespace Llm360.Notebooks.Torch;

/// <summary>Settings of the OpenMP runtime, read by it once when it is loaded.</summary>
internal static partial class OpenMp
{
    /// <summary>Lets idle threads sleep instead of spin, unless the user has chosen.</summary>
    /// <remarks>Costs about 5 % on a quiet machine, and doubles the speed on one that has other work. The variable must reach the C library: .NET's own copy does not.</remarks>
    public static void WaitPassively()
    {
        if (OperatingSystem.IsLinux() && Environment.GetEnvironmentVariable("OMP_WAIT_POLICY") is null)
            _ = SetVariable("OMP_WAIT_POLICY", "passive", overwrite: 0);
    }

    [LibraryImport("libc", EntryPoint = "setenv", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int SetVariable(string name, string value, int overwrite);
}
